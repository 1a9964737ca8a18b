import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { act, modes, pass, render, renderHook } from './lib/render.js'
import { Component, Suspense, startTransition, useState } from 'react'
import type { ReactNode } from 'react'
import { computed, queryDb, signal } from '../src/index.js'
import { useQuery, useQueryRef } from '../src/react/index.js'
import { events, openStore, tables } from './lib/todos.js'

const all$ = queryDb(tables.todos.orderBy('id', 'asc'), { label: 'all' })
const todo = (id: string, text = id) => events.todoCreated({ id, text })
const ofId = (id: string) => queryDb(tables.todos.where({ id }), { label: `todo-${id}` })

for (const { strict } of modes) {
  describe(`useQuery, ${strict ? 'strict' : 'plain'} mode`, () => {
    test('RE-01 gives the result, and renders once for a commit that changes it', async () => {
      const store = await openStore()
      const { result, renders, unmount } = await renderHook(() => store.useQuery(all$), { strict, props: 0 })
      assert.deepEqual(result.current, [])
      assert.equal(renders(), 1)
      await act(async () => void store.commit(todo('a', 'buy milk'), todo('b')))
      assert.deepEqual(result.current.map(({ text }) => text), ['buy milk', 'b'])
      assert.equal(renders(), 2)
      await unmount()
      await store.shutdownPromise()
    })

    test('a commit that leaves the result equal renders nothing', async () => {
      const store = await openStore()
      const ids$ = queryDb(
        tables.todos.orderBy('id', 'asc'), { label: 'ids', map: (todos) => todos.map(({ id }) => id) },
      )
      const count$ = computed((get) => ({ count: get(all$).length }), { label: 'count' })
      const { result, renders, unmount } = await renderHook(
        () => [store.useQuery(ids$), store.useQuery(count$), store.useQuery(ofId('a'))] as const, { strict, props: 0 },
      )
      await act(async () => void store.commit(todo('a')))
      assert.equal(renders(), 2)
      const [ids, count] = result.current
      await act(async () => void store.commit(events.todoCompleted({ id: 'a' })))
      assert.equal(renders(), 3)
      assert.equal(result.current[0], ids)
      assert.equal(result.current[1], count)
      assert.equal(result.current[2][0]?.completed, true)
      await act(async () => void store.commit(events.todoCompleted({ id: 'a' })))
      assert.equal(renders(), 3)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-02 another query gives its own result at once', async () => {
      const store = await openStore()
      store.commit(todo('a', 'milk'), todo('b', 'eggs'))
      const { result, renders, rerender, unmount } = await renderHook(
        (id: string) => store.useQuery(ofId(id)).map(({ text }) => text), { strict, props: 'a' },
      )
      assert.deepEqual(result.current, ['milk'])
      await rerender('b')
      assert.deepEqual(result.current, ['eggs'])
      assert.equal(renders(), 2)
      await rerender('a')
      assert.deepEqual(result.current, ['milk'])
      assert.equal(renders(), 3)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-04 a list that grows shows its new items', async () => {
      const store = await openStore()
      store.commit(todo('0'))
      const Item = ({ id }: { id: string }): ReactNode => <i>{store.useQuery(ofId(id))[0]?.text}</i>
      const List = (): ReactNode => store.useQuery(all$).slice(-1).map(({ id }) => <Item key={id} id={id} />)
      const view = await render(<List />, { strict })
      assert.equal(view.text(), '0')
      await act(async () => void store.commit(todo('10')))
      assert.equal(view.text(), '10')
      await view.unmount()
      await store.shutdownPromise()
    })

    test('RE-05 takes a signal', async () => {
      const store = await openStore()
      const number$ = signal(0, { label: 'number' })
      const { result, renders, unmount } = await renderHook(() => store.useQuery(number$), { strict, props: 0 })
      assert.equal(result.current, 0)
      await act(async () => store.setSignal(number$, 1))
      assert.equal(result.current, 1)
      await act(async () => store.setSignal(number$, (n) => n + 1))
      assert.equal(result.current, 2)
      assert.equal(renders(), 3)
      await act(async () => store.setSignal(number$, 2))
      assert.equal(renders(), 3)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-06 takes a builder and a table, also when they are made in each render', async () => {
      const store = await openStore()
      const { result, renders, unmount } = await renderHook(
        () => [
          store.useQuery(tables.todos.where({ id: 'a' }).first({ behaviour: 'undefined' })),
          store.useQuery(tables.todos),
        ],
        { strict, props: 0 },
      )
      assert.deepEqual(result.current, [undefined, []])
      await act(async () => void store.commit(todo('a', 'milk')))
      assert.deepEqual(result.current[0], { id: 'a', text: 'milk', completed: false })
      assert.equal(renders(), 2)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-08 takes one of several queries of different types', async () => {
      const store = await openStore()
      store.commit(todo('a', 'milk'))
      const number$ = signal(7, { label: 'seven' })
      const { result, rerender, unmount } = await renderHook(
        (which: boolean) => store.useQuery(which ? number$ : all$), { strict, props: true },
      )
      assert.equal(result.current, 7)
      await rerender(false)
      assert.deepEqual(result.current, [{ id: 'a', text: 'milk', completed: false }])
      await unmount()
      await store.shutdownPromise()
    })

    test('components of one query share one node, which goes with the last of them', async () => {
      const store = await openStore()
      const runs = { count: 0 }
      const slow$ = computed((get) => {
        runs.count += 1
        return get(all$).length
      }, { label: 'slow' })
      const Show = (): ReactNode => store.useQuery(slow$)
      const view = await render(<><Show /><Show /><Show /></>, { strict })
      assert.equal(view.text(), '000')
      await act(async () => void store.commit(todo('a')))
      assert.equal(view.text(), '111')
      assert.equal(runs.count, 2)
      await view.unmount()
      await pass()
      store.commit(todo('b'))
      assert.equal(runs.count, 2)
      await store.shutdownPromise()
    })

    test('what is committed between render and effects is not missed', async () => {
      const store = await openStore()
      let once = true
      const Commits = (): ReactNode => {
        useState(0)
        return <Late />
      }
      const Late = (): ReactNode => {
        const count = store.useQuery(all$).length
        if (once) {
          once = false
          queueMicrotask(() => store.commit(todo('a')))
        }
        return count
      }
      const view = await render(<Commits />, { strict })
      await pass()
      assert.equal(view.text(), '1')
      await view.unmount()
      await store.shutdownPromise()
    })

    test('no two components show different results of one commit', async () => {
      const store = await openStore()
      const seen = new Set<string>()
      const Show = ({ children }: { children?: ReactNode }): ReactNode => (
        <>{store.useQuery(all$).length}{children}</>
      )
      const App = (): ReactNode => <Show><Show><Show /></Show></Show>
      const view = await render(<App />, { strict })
      const observer = new window.MutationObserver(() => seen.add(view.text()))
      observer.observe(view.container, { childList: true, characterData: true, subtree: true })
      for (const id of ['a', 'b', 'c']) {
        await act(async () => startTransition(() => void store.commit(todo(id))))
      }
      await pass()
      observer.disconnect()
      assert.deepEqual([...seen], ['111', '222', '333'])
      await view.unmount()
      await store.shutdownPromise()
    })

    test('useQueryRef gives the newest result and the live query', async () => {
      const store = await openStore()
      const { result, renders, unmount } = await renderHook(() => useQueryRef(all$, { store }), { strict, props: 0 })
      const { valueRef, queryRcRef } = result.current
      assert.deepEqual(valueRef.current, [])
      assert.equal(queryRcRef.value.label, 'all')
      await act(async () => void store.commit(todo('a')))
      assert.equal(valueRef.current?.length, 1)
      assert.equal(renders(), 2)
      assert.equal(result.current.valueRef, valueRef)
      await unmount()
      await store.shutdownPromise()
    })

    test('a query that fails is caught by an error boundary, and names itself', async () => {
      const store = await openStore()
      const broken$ = queryDb({ query: 'SELECT a FROM nowhere' }, { label: 'broken' })
      class Boundary extends Component<{ children: ReactNode }, { message?: string }> {
        override state: { message?: string } = {}
        static getDerivedStateFromError = ({ message }: Error) => ({ message })
        override render() {
          return this.state.message ?? this.props.children
        }
      }
      const Broken = (): ReactNode => JSON.stringify(store.useQuery(broken$))
      const view = await render(<Boundary><Broken /></Boundary>, { strict })
      assert.match(view.text(), /nowhere/)
      await view.unmount()
      await store.shutdownPromise()
    })

    test('a component that waits for something else loses nothing', async () => {
      const store = await openStore()
      let resolve = (): void => {}
      let ready = false
      const later = new Promise<void>((done) => (resolve = done))
      const Waits = (): ReactNode => {
        const count = store.useQuery(all$).length
        if (!ready) throw later
        return count
      }
      const view = await render(<Suspense fallback="…"><Waits /></Suspense>, { strict })
      assert.equal(view.text(), '…')
      store.commit(todo('a'))
      await pass(1100)
      ready = true
      await act(async () => resolve())
      assert.equal(view.text(), '1')
      await act(async () => void store.commit(todo('b')))
      assert.equal(view.text(), '2')
      await view.unmount()
      await store.shutdownPromise()
    })
  })
}

test('a hook without a store says what to do', async () => {
  await assert.rejects(
    renderHook(() => useQuery(all$), { props: 0 }), /useQuery: .*store/,
  )
})
