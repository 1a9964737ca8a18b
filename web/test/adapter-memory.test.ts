/** The adapter for stores in memory, alone and with a real server. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { JSDOM } from 'jsdom'
import { createStorePromise, formatSeqNum, makeInMemoryAdapter, makeSchema, makeWsSync, State } from '../src/index.js'
import type { InMemoryAdapterOptions, Store } from '../src/index.js'
import { events, openStore, pause, schema, tables, until } from './lib/store.js'

const { created, renamed, hovered } = events
const server = process.env.LIVESTORE_SERVER ?? resolve('../build/livestore')
const skip = existsSync(server) ? false : `there is no ${server}`
const data = mkdtempSync(join(tmpdir(), 'livestore-'))

const running: ChildProcess[] = []
const stores: Store<any, any>[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) await store.shutdown()
  for (const process of running.splice(0)) process.kill('SIGKILL')
})
after(() => rmSync(data, { recursive: true }))

// Node 20 has none of its own.
Object.assign(globalThis, { WebSocket: new JSDOM('').window.WebSocket })

/** Starts a server on a port, any port at first, and gives its port. */
const serve = (folder: string, port = 0): Promise<number> => {
  const process = spawn(server, ['serve', '--data', join(data, folder), '--listen', `127.0.0.1:${port}`, '--open'])
  running.push(process)
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (chunk: Buffer): void => {
      const found = /:\/\/127\.0\.0\.1:(\d+)/.exec((said += chunk.toString()))
      if (found) resolve(Number(found[1]))
    }
    process.stdout.on('data', hear)
    process.stderr.on('data', hear)
    process.on('exit', (code) => reject(new Error(`the server ended (${code}): ${said}`)))
  })
}

const open = async (storeId: string, options: InMemoryAdapterOptions = {}): Promise<Store<typeof schema>> => {
  const store = await createStorePromise({ schema, storeId, adapter: makeInMemoryAdapter(options) })
  stores.push(store)
  return store
}

const backend = (port: number) => ({ url: `ws://127.0.0.1:${port}`, retryMinMs: 20, retryMaxMs: 50 })
const texts = tables.todos.select('text').orderBy('id', 'asc')

test('a store in memory has ids of its own, or those given', async () => {
  const [one, two] = [await open('ids'), await open('ids')]
  assert.notEqual(one.clientId, two.clientId)
  const named = await open('ids', { clientId: 'ann', sessionId: 'laptop' })
  assert.deepEqual([named.clientId, named.sessionId, named.storageMode], ['ann', 'laptop', 'in-memory'])
})

test('without a server it is offline, and nothing is unsaved', async () => {
  const store = await open('alone')
  store.commit(created({ id: 'a', text: 'Buy milk' }))
  assert.deepEqual(store.syncStatus(), { localHead: 'e1', upstreamHead: 'e1', pendingCount: 0, isSynced: true })
  const { isConnected, phase } = store.networkStatus.get()
  assert.deepEqual([isConnected, phase], [false, 'off'])
})

test('what one store commits another has, and the receipt tells when the server has it', { skip }, async () => {
  const port = await serve('pair')
  const [ann, bob] = [
    await open('pair', { sync: backend(port) }), await open('pair', { sync: { backend: makeWsSync(backend(port)) } }),
  ]
  const seen: unknown[] = []
  bob.subscribe(texts, (now) => seen.push(now))
  const receipt = ann.commit(created({ id: 'a', text: 'Buy milk' }))
  assert.equal(ann.syncStatus().isSynced, false)
  await receipt.confirmed
  assert.equal(receipt.stage, 'confirmed')
  await until(() => seen.length === 2, 'the other has it')
  assert.deepEqual(seen, [[], ['Buy milk']])
  await until(() => ann.syncStatus().isSynced, 'nothing is pending')
})

test('batchUpdates is around the calls that what comes from a server makes', { skip }, async () => {
  const port = await serve('batched')
  const ann = await open('batched', { sync: backend(port) })
  let inside = false
  const bob = await createStorePromise({
    schema, storeId: 'batched', adapter: makeInMemoryAdapter({ sync: backend(port) }),
    batchUpdates: (run) => {
      inside = true
      run()
      inside = false
    },
  })
  stores.push(bob)
  const told: unknown[] = []
  bob.subscribe(texts, (now) => told.push([now.join(), inside]), { skipInitialRun: true })
  ann.commit(created({ id: 'a', text: 'Buy milk' }))
  await until(() => told.length === 1, 'the other is told')
  assert.deepEqual(told, [['Buy milk', true]])
})

test('events are pending until the server has them; an older app is told of them then', { skip }, async () => {
  const port = await serve('pending')
  const unknown: string[] = []
  const old = makeSchema({
    events: {}, state: State.SQLite.makeState({ tables: { todos: tables.todos }, materializers: {} }),
    unknownEventHandling: {
      strategy: 'callback',
      onUnknownEvent: async ({ event: { seqNum, args } }) => {
        unknown.push(`${formatSeqNum(seqNum)} ${JSON.stringify(args)}`)
      },
    },
  })
  const ann = await open('pending', { sync: backend(port) })
  const older = await createStorePromise({
    schema: old, storeId: 'pending', adapter: makeInMemoryAdapter({ sync: backend(port) }),
  })
  stores.push(older)
  await ann.commit(created({ id: 'a', text: 'Buy milk' })).confirmed
  assert.deepEqual(await ann.pending(), [])
  await until(() => unknown.length === 1, 'the older one is told')
  running.splice(0).forEach((process) => process.kill('SIGKILL'))
  await until(() => !ann.networkStatus.get().isConnected, 'it is offline')
  const receipt = ann.commit(created({ id: 'b', text: 'Walk' }))
  assert.deepEqual((await ann.pending()).map(({ args }) => args), [{ id: 'b', text: 'Walk' }])
  await serve('pending', port)
  await receipt.confirmed
  assert.deepEqual(await ann.pending(), [])
  await until(() => unknown.length === 2, 'the older one is told again')
  assert.deepEqual(unknown, ['e1 {"id":"a","text":"Buy milk"}', 'e2 {"id":"b","text":"Walk"}'])
})

test('a store waits for its first pull when it is told to', { skip }, async () => {
  const port = await serve('first')
  const ann = await open('first', { sync: backend(port) })
  await ann.commit(created({ id: 'a', text: 'Buy milk' })).confirmed
  const bob = await open('first', {
    sync: { backend: backend(port), initialSyncOptions: { _tag: 'Blocking', timeout: 5000 } },
  })
  assert.deepEqual(bob.query(texts), ['Buy milk'])
})

test('offline it works on; when the server is back, both are brought together, as the status tells', { skip }, async () => {
  const port = await serve('offline')
  const [ann, bob] = [await open('offline', { sync: backend(port) }), await open('offline', { sync: backend(port) })]
  await ann.commit(created({ id: 'a', text: 'Buy milk' })).confirmed
  await until(() => bob.query(texts).length === 1, 'the other has it')
  const online: boolean[] = []
  ann.networkStatus.subscribe(({ isConnected }) => {
    if (online.at(-1) !== isConnected) online.push(isConnected)
  })
  running.splice(0).forEach((process) => process.kill('SIGKILL'))
  await until(() => !ann.networkStatus.get().isConnected && !bob.networkStatus.get().isConnected, 'both are offline')
  const receipts = [
    ann.commit(created({ id: 'b', text: 'Walk' })), bob.commit(created({ id: 'c', text: 'Sleep' })),
    bob.commit(renamed({ id: 'a', text: 'Buy oat milk' })),
  ]
  assert.equal(bob.networkStatus.get().pending >= 0, true)
  await serve('offline', port)
  await Promise.all(receipts.map(({ confirmed }) => confirmed))
  const all = ['Buy oat milk', 'Walk', 'Sleep']
  await until(() => [ann, bob].every((store) => store.query(texts).join() === all.join()), 'both have all')
  await until(() => online.length === 3, 'the status has told')
  assert.deepEqual(online, [true, false, true])
})

test('ES-01 ES-02 ES-06 ES-07 confirmed events are read as they come', { skip }, async () => {
  const port = await serve('events')
  const store = await open('events', { sync: backend(port) })
  const iterator = store.events()
  store.commit(created({ id: 'a', text: 'Buy milk' }), hovered({ id: 'a' }))
  const first = await iterator.next()
  assert.deepEqual(first.value?.args, { id: 'a', text: 'Buy milk' })
  const waiting = iterator.next()
  store.commit(hovered({ id: 'a' }), renamed({ id: 'a', text: 'Buy oat milk' }))
  assert.equal((await waiting).value?.name, 'v1.TodoRenamed')
  await store.commit(created({ id: 'b', text: 'Walk' }), events.at({ when: new Date(5) })).confirmed
  const read = async (options: Parameters<typeof store.events>[0]) => {
    const found: string[] = []
    for await (const { name, seqNum } of store.events(options)) found.push(`${formatSeqNum(seqNum)} ${name}`)
    return found
  }
  assert.deepEqual(await read({ until: 4, filter: ['v1.TodoCreated'] }), ['e1 v1.TodoCreated', 'e3 v1.TodoCreated'])
  assert.deepEqual(await read({ since: 'e1', until: 'e2' }), ['e2 v1.TodoRenamed'])
  assert.deepEqual(await read({ since: 2, until: 2 }), [])
  assert.deepEqual(await read({ until: 2, includeClientOnly: true, batchSize: 1 }), [
    'e1 v1.TodoCreated', 'e1.1 v1.Hovered', 'e1.2 v1.Hovered', 'e2 v1.TodoRenamed',
  ])
  const at = store.events({ filter: ['v1.At'] })
  assert.deepEqual((await at.next()).value?.args, { when: new Date(5) })
  await assert.rejects(store.events({ batchSize: 0 }).next(), /batchSize is 0/)
  const last = iterator.next()
  await iterator.return?.()
  await last
})

test('ES-03 ES-04 events of clients and sessions', { skip }, async () => {
  const port = await serve('clients')
  const [ann, bob] = [
    await open('clients', { sync: backend(port), clientId: 'ann', sessionId: 's1' }),
    await open('clients', { sync: backend(port), clientId: 'bob', sessionId: 's2' }),
  ]
  await ann.commit(created({ id: 'a', text: 'Buy milk' })).confirmed
  await until(() => bob.query(texts).length === 1, 'the other has it')
  await bob.commit(created({ id: 'b', text: 'Walk' })).confirmed
  const read = async (options: Parameters<typeof bob.events>[0]) => {
    const found: string[] = []
    for await (const { clientId } of bob.events({ ...options, until: 2 })) found.push(clientId)
    return found
  }
  assert.deepEqual(await read({}), ['ann', 'bob'])
  assert.deepEqual(await read({ clientIds: ['bob'] }), ['bob'])
  assert.deepEqual(await read({ sessionIds: ['s1', 's3'] }), ['ann'])
  assert.deepEqual(await read({ clientIds: ['cid'] }), [])
})

test('ES-09 events come once and in order, whatever the size of the batches', { skip }, async () => {
  const port = await serve('batches')
  const store = await open('batches', { sync: backend(port) })
  const all = Array.from({ length: 60 }, (_, i) => `t${i}`)
  const live: string[] = []
  const watching = (async () => {
    for await (const { args } of store.events({ until: 60, batchSize: 7 })) live.push((args as { id: string }).id)
  })()
  for (const id of all.slice(0, 30)) store.commit(created({ id, text: id }))
  await pause(20)
  await store.commit(...all.slice(30).map((id) => created({ id, text: id }))).confirmed
  await watching
  assert.deepEqual(live, all)
  for (const batchSize of [1, 5, 12, 25, 50, 100]) {
    const read: string[] = []
    for await (const { args } of store.events({ until: 60, batchSize })) read.push((args as { id: string }).id)
    assert.deepEqual(read, all)
  }
})

test('ES-10 events go on after the connection was lost', { skip }, async () => {
  const port = await serve('resume')
  const store = await open('resume', { sync: backend(port) })
  const iterator = store.events()
  store.commit(created({ id: 'a', text: 'Buy milk' }))
  await iterator.next()
  running.splice(0).forEach((process) => process.kill('SIGKILL'))
  await until(() => !store.networkStatus.get().isConnected, 'it is offline')
  store.commit(created({ id: 'b', text: 'Walk' }))
  const next = iterator.next()
  const early = await Promise.race([next, pause(250).then(() => 'none')])
  assert.equal(early, 'none')
  await serve('resume', port)
  assert.deepEqual((await next).value?.args, { id: 'b', text: 'Walk' })
  const waiting = iterator.next()
  await store.shutdown()
  assert.equal((await waiting).done, true)
})

test('an address that is none is an error of opening the store', async () => {
  await assert.rejects(open('wrong', { sync: { url: 'localhost' } }), /localhost/)
})

test('a page with commits that the server does not have asks before it goes', async () => {
  const page = new EventTarget()
  const listen = {
    addEventListener: page.addEventListener.bind(page), removeEventListener: page.removeEventListener.bind(page),
  }
  Object.assign(globalThis, listen)
  const asks = (): boolean => !page.dispatchEvent(new Event('beforeunload', { cancelable: true }))
  try {
    const sync = { url: 'ws://127.0.0.1:1', retryMinMs: 20 }
    const store = await open('unsaved', { sync })
    assert.equal(asks(), false)
    store.commit(created({ id: 'a', text: 'Buy milk' }))
    assert.equal(asks(), true)
    await store.shutdown()
    assert.equal(asks(), false)
    const silent = await createStorePromise({
      schema, storeId: 'silent', adapter: makeInMemoryAdapter({ sync }), confirmUnsavedChanges: false,
    })
    stores.push(silent)
    silent.commit(created({ id: 'a', text: 'Buy milk' }))
    assert.equal(asks(), false)
    const alone = await openStore()
    stores.push(alone)
    alone.commit(created({ id: 'a', text: 'Buy milk' }))
    assert.equal(asks(), false)
  } finally {
    for (const store of stores.splice(0)) await store.shutdown()
    for (const name of Object.keys(listen)) Reflect.deleteProperty(globalThis, name)
  }
})
