import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { act, modes, renderHook } from './lib/render.js'
import { createStorePromise } from '../src/index.js'
import type { Adapter, NetworkState } from '../src/index.js'
import { useNetworkStatus, useSyncStatus, useUndo, withReactApi } from '../src/react/index.js'
import { events, openStore, options, tables } from './lib/todos.js'

const todo = (id: string) => events.todoCreated({ id, text: id })

/** Status is told a moment later, once for all that happened meanwhile. */
const later = (run: () => void): Promise<void> => act(async () => {
  run()
  await new Promise((resolve) => setTimeout(resolve, 1))
})

/** A store whose adapter tells what the test wants of the network and of what is not safe yet. */
const openPretending = async () => {
  const { adapter, ...rest } = options()
  const tellers = new Set<() => void>()
  let network: NetworkState = {
    isConnected: false, timestampMs: 1, phase: 'waiting', pending: 0, conflicts: 0, error: null,
  }
  let unsaved = 0
  const pretending: Adapter = async (args) => ({
    ...(await adapter(args)),
    network: () => network,
    unsaved: () => unsaved,
    subscribe: (told) => {
      tellers.add(told)
      return () => tellers.delete(told)
    },
  })
  return {
    store: withReactApi(await createStorePromise({ ...rest, adapter: pretending })),
    tell: (more: Partial<NetworkState>, notSafe = 0): Promise<void> => later(() => {
      network = { ...network, ...more }
      unsaved = notSafe
      for (const told of tellers) told()
    }),
  }
}

for (const { strict } of modes) {
  describe(`status of a store, ${strict ? 'strict' : 'plain'} mode`, () => {
    test('useSyncStatus says what is not safe yet, and renders only when that is something else', async () => {
      const { store, tell } = await openPretending()
      const { result, renders, unmount } = await renderHook(() => useSyncStatus({ store }), { strict, props: 0 })
      assert.deepEqual(result.current, store.syncStatus())
      assert.equal(result.current.isSynced, true)
      await tell({}, 2)
      assert.deepEqual([result.current.isSynced, result.current.pendingCount], [false, 2])
      assert.equal(renders(), 2)
      await tell({ phase: 'connecting' }, 2)
      assert.equal(renders(), 2)
      await tell({})
      assert.equal(result.current.isSynced, true)
      await later(() => store.commit(todo('a')))
      assert.equal(result.current.localHead, 'e1')
      await unmount()
      await store.shutdownPromise()
    })

    test('useNetworkStatus says whether there is a connection', async () => {
      const { store, tell } = await openPretending()
      const { result, renders, unmount } = await renderHook(() => useNetworkStatus({ store }), { strict, props: 0 })
      assert.equal(result.current.isConnected, false)
      await tell({ isConnected: true, phase: 'live' })
      assert.deepEqual([result.current.isConnected, result.current.phase], [true, 'live'])
      await tell({})
      assert.equal(renders(), 2)
      await unmount()
      await store.shutdownPromise()
    })

    test('hooks of a store look at that store', async () => {
      const [one, other] = [await openPretending(), await openPretending()]
      await one.tell({ isConnected: true }, 3)
      const { result, rerender, unmount } = await renderHook(
        (store: typeof one.store) => [store.useNetworkStatus().isConnected, store.useSyncStatus().pendingCount],
        { strict, props: one.store },
      )
      assert.deepEqual(result.current, [true, 3])
      await rerender(other.store)
      assert.deepEqual(result.current, [false, 0])
      await unmount()
      await Promise.all([one.store.shutdownPromise(), other.store.shutdownPromise()])
    })

    test('useUndo undoes and redoes, and says whether there is something to', async () => {
      const store = await openStore()
      const { result, renders, unmount } = await renderHook(
        () => ({ ...store.useUndo(), todos: store.useQuery(tables.todos).length }), { strict, props: 0 },
      )
      assert.deepEqual([result.current.canUndo, result.current.canRedo], [false, false])
      await act(async () => void store.commit(todo('a')))
      assert.deepEqual([result.current.canUndo, result.current.canRedo, result.current.todos], [true, false, 1])
      assert.equal(result.current.status.undoName, 'v1.TodoCreated')
      assert.equal(renders(), 2)
      await act(async () => void result.current.undo())
      assert.deepEqual([result.current.canUndo, result.current.canRedo, result.current.todos], [false, true, 0])
      await act(async () => void result.current.redo())
      assert.deepEqual([result.current.canUndo, result.current.canRedo, result.current.todos], [true, false, 1])
      await act(async () => {
        store.commit(todo('b'))
        store.commit(todo('c'))
        result.current.undo(2)
      })
      assert.deepEqual([result.current.status.undo, result.current.status.redo, result.current.todos], [1, 2, 1])
      await unmount()
      await store.shutdownPromise()
    })
  })
}

test('useUndo has the same functions in each render', async () => {
  const store = await openStore()
  const { result, unmount } = await renderHook(() => useUndo({ store }), { props: 0 })
  const { undo, redo } = result.current
  await act(async () => void store.commit(todo('a')))
  assert.deepEqual([result.current.undo === undo, result.current.redo === redo], [true, true])
  await unmount()
  await store.shutdownPromise()
})
