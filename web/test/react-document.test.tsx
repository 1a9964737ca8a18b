import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { act, modes, render, renderHook } from './lib/render.js'
import type { ReactNode } from 'react'
import { SessionIdSymbol, queryDb } from '../src/index.js'
import { events, openStore, tables } from './lib/todos.js'

type TestStore = Awaited<ReturnType<typeof openStore>>

/** Commits so far. */
const head = (store: TestStore): string => store.syncStatus().localHead

for (const { strict } of modes) {
  describe(`useClientDocument, ${strict ? 'strict' : 'plain'} mode`, () => {
    const useUser = async (id = 'u1') => {
      const store = await openStore()
      const view = await renderHook((user: string) => {
        const [value, set, userId, query$] = store.useClientDocument(tables.user, user)
        return { value, set, id: userId, query$ }
      }, { strict, props: id })
      return { store, ...view }
    }

    test('RE-09 another id gives the other document', async () => {
      const { store, result, renders, rerender, unmount } = await useUser()
      assert.deepEqual([result.current.id, result.current.value.username], ['u1', ''])
      store.commit(events.userSet({ username: 'ann' }, 'u2'))
      await rerender('u2')
      assert.deepEqual([result.current.id, result.current.value.username], ['u2', 'ann'])
      assert.equal(renders(), 2)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-10 the setter changes the value, with one render', async () => {
      const { store, result, renders, unmount } = await useUser()
      const { set } = result.current
      await act(async () => set({ username: 'ann' }))
      assert.deepEqual(result.current.value, { username: 'ann', text: '' })
      assert.equal(renders(), 2)
      assert.equal(result.current.set, set)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-11 a commit of the set event changes the value, with one render', async () => {
      const { store, result, renders, unmount } = await useUser()
      await act(async () => void store.commit(events.userSet({ username: 'ann' }, 'u1')))
      assert.equal(result.current.value.username, 'ann')
      assert.equal(renders(), 2)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-13 its live query goes into another query', async () => {
      const store = await openStore()
      store.commit(events.todoCreated({ id: 'a', text: 'milk' }), events.todoCreated({ id: 'b', text: 'bread' }))
      const { result, renders, rerender, unmount } = await renderHook((id: string) => {
        const [, , , user$] = store.useClientDocument(tables.user, id)
        return store.useQuery(queryDb(
          (get) => tables.todos.where('text', 'LIKE', `%${get(user$).text}%`), { label: 'filtered', deps: id },
        ))
      }, { strict, props: 'u1' })
      await act(async () => void store.commit(events.userSet({ text: 'milk' }, 'u2')))
      assert.equal(result.current.length, 2)
      assert.equal(renders(), 1)
      await rerender('u2')
      assert.deepEqual(result.current.map(({ id }) => id), ['a'])
      assert.equal(renders(), 2)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-14 a document of any type is replaced as a whole', async () => {
      const store = await openStore()
      const { result, renders, unmount } = await renderHook(() => {
        const [value, set] = store.useClientDocument(tables.any, 'k')
        return { value, set }
      }, { strict, props: 0 })
      assert.equal(result.current.value, null)
      for (const value of [1, { a: 1, b: 2 }, { a: 1 }, 'text', [1, 2], null]) {
        await act(async () => result.current.set(value))
        assert.deepEqual(result.current.value, value)
      }
      assert.equal(renders(), 7)
      await unmount()
      await store.shutdownPromise()
    })

    test('RE-32 setting what is there commits nothing and renders nothing', async () => {
      const { store, result, renders, unmount } = await useUser()
      await act(async () => result.current.set({ username: 'ann' }))
      const before = head(store)
      await act(async () => {
        result.current.set({ username: 'ann' })
        result.current.set({ text: undefined } as object)
        result.current.set((user) => user)
        result.current.set((user) => ({ ...user }))
      })
      assert.equal(head(store), before)
      assert.equal(renders(), 2)
      await unmount()
      await store.shutdownPromise()
    })

    test('a function gets the newest value, also twice in one handler', async () => {
      const { store, result, unmount } = await useUser()
      await act(async () => {
        result.current.set(({ text }) => ({ text: `${text}a` }))
        result.current.set(({ text }) => ({ text: `${text}b` }))
      })
      assert.equal(result.current.value.text, 'ab')
      await unmount()
      result.current.set(({ text }) => ({ text: `${text}c` }))
      assert.equal(store.query(tables.user.get('u1')).text, 'abc')
      await store.shutdownPromise()
    })

    test('reading a document that is not there commits nothing', async () => {
      const store = await openStore()
      const before = head(store)
      const { result, unmount } = await renderHook(() => store.useClientDocument(tables.ui), { strict, props: 0 })
      assert.deepEqual(result.current[0], { filter: 'all', newText: '' })
      assert.equal(head(store), before)
      await unmount()
      await store.shutdownPromise()
    })

    test('the session has a document of its own', async () => {
      const store = await openStore()
      const { result, unmount } = await renderHook(
        () => [store.useClientDocument(tables.ui), store.useClientDocument(tables.ui, SessionIdSymbol)] as const,
        { strict, props: 0 },
      )
      assert.equal(result.current[0][2], store.sessionId)
      await act(async () => result.current[0][1]({ filter: 'active' }))
      assert.equal(result.current[1][0].filter, 'active')
      assert.equal(store.query(tables.ui.get(store.sessionId)).filter, 'active')
      await unmount()
      await store.shutdownPromise()
    })

    test('a default of the component overlays that of the table, and is stored with the first set', async () => {
      const store = await openStore()
      const { result, unmount } = await renderHook(() => {
        const [mine, set] = store.useClientDocument(tables.user, 'u1', { default: { username: 'you' } })
        const [plain] = store.useClientDocument(tables.user, 'u1')
        return { mine, plain, set }
      }, { strict, props: 0 })
      assert.deepEqual(result.current.mine, { username: 'you', text: '' })
      assert.deepEqual(result.current.plain, { username: '', text: '' })
      await act(async () => result.current.set({ text: 'x' }))
      assert.deepEqual(result.current.mine, { username: 'you', text: 'x' })
      assert.deepEqual(result.current.plain, result.current.mine)
      await act(async () => result.current.set({ username: '' }))
      assert.deepEqual(result.current.mine, { username: '', text: 'x' })
      await unmount()
      await store.shutdownPromise()
    })

    test('only components whose result changed render', async () => {
      const store = await openStore()
      const counts = { router: 0, list: 0 }
      const List = (): ReactNode => {
        counts.list += 1
        return store.useQuery(queryDb(tables.todos.orderBy('id', 'asc'), { label: 'all' })).map(({ id }) => id).join()
      }
      const Details = ({ id }: { id: string }): ReactNode =>
        store.useQuery(queryDb(tables.todos.where({ id }).first({ behaviour: 'undefined' }), { deps: id }))?.text
      let set: (value: { text: string }) => void
      const Router = (): ReactNode => {
        counts.router += 1
        const [{ text }, setUser] = store.useClientDocument(tables.user, 'router')
        set = setUser
        return <>{text && <Details id={text} />}</>
      }
      const view = await render(<><Router /> / <List /></>, { strict })
      const times = strict ? 2 : 1
      await act(async () => void store.commit(events.todoCreated({ id: 'a', text: 'milk' })))
      assert.deepEqual(counts, { router: times, list: 2 * times })
      await act(async () => set({ text: 'a' }))
      assert.equal(view.text(), 'milk / a')
      assert.deepEqual(counts, { router: 2 * times, list: 2 * times })
      await act(async () => void store.commit(
        events.todoCreated({ id: 'b', text: 'eggs' }), events.userSet({ text: 'b' }, 'router'),
        events.todoCreated({ id: 'c', text: 'bread' }),
      ))
      assert.equal(view.text(), 'eggs / a,b,c')
      assert.deepEqual(counts, { router: 3 * times, list: 3 * times })
      await view.unmount()
      await store.shutdownPromise()
    })
  })
}

test('a table that is no client document is refused', async () => {
  const store = await openStore()
  await assert.rejects(
    // @ts-expect-error a table
    renderHook(() => store.useClientDocument(tables.todos, 'a'), { props: 0 }), /todos.*client document/,
  )
  await store.shutdownPromise()
})

test('a document without an id of its own asks for one', async () => {
  const store = await openStore()
  await assert.rejects(
    // @ts-expect-error no id
    renderHook(() => store.useClientDocument(tables.user), { props: 0 }), /User.*id/,
  )
  await store.shutdownPromise()
})
