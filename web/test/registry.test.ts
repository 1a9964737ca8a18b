/** The registry of stores: loaded once, kept while used, given up after a while. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStorePromise, makeInMemoryAdapter, ShutdownError, StoreRegistry, storeOptions } from '../src/index.js'
import type { Adapter, Store } from '../src/index.js'
import { options, pause, schema, tables, until } from './lib/store.js'

const isStore = (value: unknown): value is Store<any, any> => !(value instanceof Promise)
const isOpen = (store: Store<any, any>): boolean => {
  try {
    store.query(tables.todos.count())
    return true
  } catch (error) {
    assert.ok(error instanceof ShutdownError)
    return false
  }
}

/** Options of a store whose adapter counts, and can be made to fail or to wait. */
const counted = (more: { readonly unusedCacheTime?: number; readonly storeId?: string } = {}) => {
  const seen: { opened: number; aborted: number; fail?: Error | undefined; wait?: Promise<void> | undefined } = {
    opened: 0, aborted: 0,
  }
  const adapter: Adapter = async (args) => {
    seen.opened++
    args.signal?.addEventListener('abort', () => void seen.aborted++)
    await seen.wait
    if (seen.fail) throw seen.fail
    return makeInMemoryAdapter()(args)
  }
  return { seen, options: storeOptions({ ...options(), adapter, ...more }) }
}

test('ST-01 ST-02 ST-03 loading gives one promise to all, a loaded store is given itself', async () => {
  const registry = new StoreRegistry()
  const { seen, options: mine } = counted()
  const first = registry.getOrLoadPromise(mine)
  assert.ok(first instanceof Promise)
  assert.equal(registry.getOrLoadPromise(mine), first)
  const store = await first
  assert.equal(registry.getOrLoadPromise(mine), store)
  assert.equal(seen.opened, 1)
  await registry.dispose()
})

test('what loading failed with is thrown to all who ask, the same error', async () => {
  const registry = new StoreRegistry()
  const { seen, options: mine } = counted()
  seen.fail = new Error('no disk')
  await assert.rejects(Promise.resolve(registry.getOrLoadPromise(mine)), seen.fail)
  assert.throws(() => registry.getOrLoadPromise(mine), seen.fail)
  assert.equal(seen.opened, 1)
  await registry.dispose()
  seen.fail = undefined
  assert.ok(isStore(await registry.getOrLoadPromise(mine)))
  await registry.dispose()
})

test('ST-07 ST-08 preload warms and is never rejected', async () => {
  const registry = new StoreRegistry()
  const { options: mine } = counted()
  await registry.preload(mine)
  assert.ok(isStore(registry.getOrLoadPromise(mine)))
  await registry.preload({ ...mine, storeId: 'no id' })
  assert.throws(() => registry.getOrLoadPromise({ ...mine, storeId: 'no id' }), /storeId/)
  await registry.dispose()
})

test('ST-09 ST-20 ST-21 a store that nobody holds is shut down after a while, and not served again', async () => {
  const registry = new StoreRegistry()
  const { seen, options: mine } = counted({ unusedCacheTime: 25 })
  await registry.preload(mine)
  const store = registry.getOrLoadPromise(mine)
  assert.ok(isStore(store) && isOpen(store))
  await until(() => !isOpen(store), 'it is shut down')
  const again = registry.getOrLoadPromise(mine)
  assert.ok(again instanceof Promise)
  assert.notEqual(await again, store)
  assert.equal(seen.opened, 2)
  await registry.dispose()
})

test('ST-10 outside of browsers, and with Infinity, stores stay', async () => {
  const registry = new StoreRegistry()
  for (const more of [{}, { unusedCacheTime: Infinity }]) {
    const store = await registry.getOrLoadPromise(counted(more).options)
    await pause(40)
    assert.equal(isOpen(store), true)
  }
  await registry.dispose()
})

test('ST-12 ST-13 ST-19 each store has its own time: the default, or what was said when it was loaded', async () => {
  const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 20 } })
  const [short, long] = [counted(), counted({ unusedCacheTime: 10_000 })]
  const stores = [await registry.getOrLoadPromise(short.options), await registry.getOrLoadPromise(long.options)]
  registry.getOrLoadPromise({ ...long.options, unusedCacheTime: 1 })
  await until(() => stores.filter(isOpen).length < 2, 'one is shut down')
  await pause(60)
  assert.deepEqual(stores.map(isOpen), [false, true])
  await registry.dispose()
})

test('ST-17 ST-18 retain keeps a store, and only that one; the time begins when the last one lets go', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const pass = async (ms: number) => {
    t.mock.timers.tick(ms)
    await new Promise(setImmediate)
  }
  const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 25 } })
  const [mine, other] = [counted().options, counted().options]
  const [store, gone] = [await registry.getOrLoadPromise(mine), await registry.getOrLoadPromise(other)]
  const releases = [registry.retain(mine), registry.retain(mine)]
  releases[0]?.()
  releases[0]?.()
  await pass(60)
  assert.deepEqual([store, gone].map(isOpen), [true, false])
  releases[1]?.()
  const back = registry.retain(mine)
  await pass(60)
  assert.equal(isOpen(store), true)
  back()
  await pass(24)
  assert.equal(isOpen(store), true)
  await pass(1)
  assert.equal(isOpen(store), false)
  await registry.dispose()
})

test('loading is given up when those who wanted the store have gone', async () => {
  const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 10 } })
  const { seen, options: mine } = counted()
  let go = (): void => {}
  seen.wait = new Promise((resolve) => (go = resolve))
  const release = registry.retain(mine)
  release()
  await until(() => seen.aborted === 1, 'it is given up')
  go()
  seen.wait = undefined
  assert.ok(registry.getOrLoadPromise(mine) instanceof Promise)
  assert.equal(seen.opened, 2)
  await registry.dispose()
})

test('who waits for a store holds it', async () => {
  const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 10 } })
  const { seen, options: mine } = counted()
  seen.wait = pause(50)
  const loading = registry.getOrLoadPromise(mine)
  registry.retain(mine)()
  const store = await loading
  assert.equal(seen.aborted, 0)
  assert.equal(isOpen(store), true)
  await registry.dispose()
})

test('a store that ended by itself is loaded anew', async () => {
  const registry = new StoreRegistry()
  const { options: mine } = counted()
  const store = await registry.getOrLoadPromise(mine)
  await store.shutdown()
  await pause()
  assert.ok(registry.getOrLoadPromise(mine) instanceof Promise)
  await registry.dispose()
})

test('dispose shuts everything down', async () => {
  const registry = new StoreRegistry()
  const stores = await Promise.all([counted(), counted()].map(({ options: mine }) => registry.getOrLoadPromise(mine)))
  await registry.dispose()
  assert.deepEqual(stores.map(isOpen), [false, false])
})

test('the store of options with a context has it', async () => {
  const registry = new StoreRegistry()
  const mine = storeOptions({ ...options(), context: { user: 'ann' } })
  assert.equal((await registry.getOrLoadPromise(mine)).context.user, 'ann')
  await registry.dispose()
  const plain = await createStorePromise({ schema, adapter: makeInMemoryAdapter() })
  assert.equal(plain.storeId, 'default')
  await plain.shutdown()
})

test('letting go of a store that was dropped starts no timer', async (t) => {
  const registry = new StoreRegistry()
  const { options: mine } = counted({ unusedCacheTime: 5 })
  const release = registry.retain(mine)
  await registry.getOrLoadPromise(mine)
  await registry.dispose()
  const timers = t.mock.method(globalThis, 'setTimeout')
  release()
  assert.equal(timers.mock.callCount(), 0)
})

test('a live value of a store that was shut down can still be given back', async () => {
  const store = await createStorePromise(options())
  const ref = store.instantiate(tables.todos)
  await store.shutdown()
  ref.deref()
})
