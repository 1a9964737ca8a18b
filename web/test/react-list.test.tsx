import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { act, modes, render } from './lib/render.js'
import { queryDb } from '../src/index.js'
import { LiveList } from '../src/react/index.js'
import type { LiveListProps } from '../src/react/index.js'
import { events, openStore, tables } from './lib/todos.js'

type Todo = typeof tables.todos.Type

const all$ = queryDb(tables.todos.orderBy('id', 'asc'), { label: 'all' })

for (const { strict } of modes) {
  describe(`LiveList, ${strict ? 'strict' : 'plain'} mode`, () => {
    test('shows the items of a query, and renders only those that changed', async () => {
      const store = await openStore()
      const rendered: string[] = []
      const first: boolean[] = []
      const item: LiveListProps<Todo>['renderItem'] = (todo, at) => {
        rendered.push(todo.id)
        first.push(at.isInitialListRender)
        return `${at.index}${todo.id}${todo.completed ? '!' : ''} `
      }
      store.commit(events.todoCreated({ id: 'a', text: '' }), events.todoCreated({ id: 'b', text: '' }))
      const view = await render(
        <LiveList store={store} items$={all$} getKey={({ id }) => id} renderItem={item} />, { strict },
      )
      assert.equal(view.text(), '0a 1b ')
      assert.equal(first[0], true)

      const rendersOf = async (commit: () => unknown): Promise<string[]> => {
        rendered.length = 0
        await act(async () => void commit())
        return [...new Set(rendered)]
      }
      assert.deepEqual(await rendersOf(() => store.commit(events.todoCompleted({ id: 'b' }))), ['b'])
      assert.equal(view.text(), '0a 1b! ')
      assert.deepEqual(await rendersOf(() => store.commit(events.todoCreated({ id: 'c', text: '' }))), ['c'])
      assert.equal(view.text(), '0a 1b! 2c ')
      assert.equal(first.at(-1), false)
      await view.unmount()
      await store.shutdownPromise()
    })
  })
}
