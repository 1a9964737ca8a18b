/** Syncing from a browser: frames over a WebSocket or requests, timers, the network coming and going. With a store that
 * notes what it is told. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { CoreStore, CoreTransport } from '../src/core/types.js'
import { checkSyncUrl, syncUrl } from '../src/worker/url.js'
import type { ConnectOptions, SyncConnection } from '../src/worker/websocket.js'
import { connectSync } from '../src/worker/websocket.js'

const pause = (ms = 5): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

class FakeSocket {
  static all: FakeSocket[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  sent: string[] = []
  closed = false
  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.closed = true
  }
}

const target = new EventTarget()
const real = globalThis.fetch
beforeEach(() => {
  FakeSocket.all = []
  Object.assign(globalThis, {
    WebSocket: FakeSocket,
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
  })
})

interface World {
  readonly told: string[]
  readonly transport: () => CoreTransport
  readonly changes: () => number
  readonly sync: SyncConnection
  /** What dueMs and syncStatus say. */
  readonly says: { due: number; phase: string; online: boolean }
}

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0)) end()
  globalThis.fetch = real
})

const connect = (options: ConnectOptions): World => {
  const told: string[] = []
  const says = { due: Infinity, phase: 'live', online: true }
  let transport: CoreTransport | undefined
  let changes = 0
  const core = {
    storeId: 'a b',
    attach: (given: CoreTransport) => {
      transport = given
      told.push('attach')
    },
    detach: () => void told.push('detach'),
    opened: () => void told.push('opened'),
    frame: (text: string) => void told.push(`frame ${text}`),
    closed: (why: { code: string; message: string }) => void told.push(`closed ${why.code}: ${why.message}`),
    tick: () => {
      says.due = Infinity
      told.push('tick')
    },
    dueMs: () => says.due,
    syncStatus: () => says,
  } as unknown as CoreStore
  const sync = connectSync(core, options, () => changes++)
  ending.push(sync)
  const attached = (): CoreTransport => transport ?? assert.fail('not attached')
  return { told, transport: attached, changes: () => changes, sync, says }
}

const URLS: readonly (readonly [string, string | null, string])[] = [
  ['ws://h', null, 'ws://h?storeId=s%20t&transport=ws'],
  ['wss://h/p/', null, 'wss://h/p/?storeId=s%20t&transport=ws'],
  ['wss://h/p?a=1', null, 'wss://h/p?a=1&storeId=s%20t&transport=ws'],
  ['wss://h/p?', null, 'wss://h/p?storeId=s%20t&transport=ws'],
  ['wss://h/p?a&', null, 'wss://h/p?a&storeId=s%20t&transport=ws'],
  ['https://h', null, 'https://h?storeId=s%20t&transport=http'],
  ['ws://h', '{"a":"x y"}', 'ws://h?storeId=s%20t&transport=ws&payload=%257B%2522a%2522%253A%2522x%2520y%2522%257D'],
]

test('a URL gets what the protocol wants in its query, and keeps its own', () => {
  for (const [url, payload, expected] of URLS) assert.equal(syncUrl(url, 's t', payload), expected)
})

test('a URL that cannot be one of a sync server is refused with the reason', () => {
  assert.throws(() => checkSyncUrl('localhost:8787'), /"localhost:8787" does not begin with ws:\/\/, wss:\/\//)
  assert.throws(() => checkSyncUrl('wss://h/#x'), /has a fragment/)
  assert.throws(() => checkSyncUrl('wss://h/?storeId=x'), /has a parameter storeId: it is added by the library/)
})

test('frames go both ways over a WebSocket, and each call is followed by the word that something changed', () => {
  const world = connect({ url: 'ws://h' })
  world.transport().connect('{"a":1}')
  const [socket] = FakeSocket.all
  assert.equal(socket?.url, 'ws://h?storeId=a%20b&transport=ws&payload=%257B%2522a%2522%253A1%257D')
  socket.onopen?.()
  world.transport().send('ping')
  socket.onmessage?.({ data: 'pong' })
  assert.deepEqual(socket.sent, ['ping'])
  assert.deepEqual(world.told, ['attach', 'opened', 'frame pong'])
  assert.equal(world.changes(), 2)
})

test('a lost connection is told with its reason; one that never opened says that it cannot be reached', () => {
  const world = connect({ url: 'ws://h:1' })
  world.transport().connect(null)
  FakeSocket.all[0]?.onclose?.({ code: 1006, reason: '' })
  world.transport().connect(null)
  FakeSocket.all[1]?.onopen?.()
  FakeSocket.all[1]?.onclose?.({ code: 4401, reason: 'the token has expired' })
  world.transport().connect(null)
  FakeSocket.all[2]?.onopen?.()
  FakeSocket.all[2]?.onclose?.({ code: 1001, reason: '' })
  assert.deepEqual(world.told.filter((text) => text.startsWith('closed')), [
    'closed LS_EOFFLINE: h:1 cannot be reached, or does not let this page in',
    'closed LS_EACCESS: h:1 closed the connection: 4401 the token has expired',
    'closed LS_EOFFLINE: h:1 closed the connection: 1001',
  ])
})

test('a connection that the store gave up is not heard any more', () => {
  const world = connect({ url: 'ws://h' })
  world.transport().connect(null)
  world.transport().close()
  const [socket] = FakeSocket.all
  socket?.onmessage?.({ data: 'late' })
  socket?.onclose?.({ code: 1000, reason: '' })
  assert.equal(socket?.closed, true)
  assert.deepEqual(world.told, ['attach'])
})

test('the clock ticks when it is due, and at once when the store was used', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const world = connect({ url: 'ws://h' })
  t.mock.timers.tick(1000)
  assert.deepEqual(world.told, ['attach'])
  world.says.due = 0
  world.sync.wake()
  world.sync.wake()
  await Promise.resolve()
  assert.deepEqual(world.told, ['attach', 'tick'])
  world.says.due = 20
  world.sync.wake()
  await Promise.resolve()
  t.mock.timers.tick(19)
  assert.equal(world.told.length, 2)
  t.mock.timers.tick(1)
  assert.deepEqual(world.told, ['attach', 'tick', 'tick'])
})

test('a store that always has something to do does not keep others from running', async () => {
  const world = connect({ url: 'ws://h' })
  Object.defineProperty(world.says, 'due', { get: () => 0, set: () => undefined })
  world.sync.wake()
  await pause(30)
  assert.ok(world.told.length > 2)
})

test('a network that is back cuts the waiting short', () => {
  const world = connect({ url: 'ws://h' })
  target.dispatchEvent(new Event('online'))
  assert.deepEqual(world.told, ['attach'])
  world.says.phase = 'waiting'
  target.dispatchEvent(new Event('online'))
  assert.deepEqual(world.told, ['attach', 'detach', 'attach'])
})

test('a network that goes ends the connection, since nothing may tell of it for long', () => {
  const world = connect({ url: 'ws://h' })
  world.transport().connect(null)
  FakeSocket.all[0]?.onopen?.()
  target.dispatchEvent(new Event('offline'))
  assert.deepEqual(world.told, ['attach', 'opened', 'closed LS_EOFFLINE: The browser is offline'])
  assert.equal(FakeSocket.all[0]?.closed, true)
})

test('nothing is told after the end', async () => {
  const world = connect({ url: 'ws://h' })
  world.transport().connect(null)
  world.says.due = 1
  world.sync.wake()
  world.sync()
  world.sync()
  FakeSocket.all[0]?.onopen?.()
  target.dispatchEvent(new Event('online'))
  await pause(20)
  assert.deepEqual(world.told, ['attach', 'detach'])
})

test('over HTTP each frame is a POST, and its answer a frame', async () => {
  const asked: unknown[] = []
  globalThis.fetch = (async (url: string, options: RequestInit) => {
    asked.push([url, options.method, options.body, (options.headers as Record<string, string>)['x-livestore-store-id']])
    return new Response('[{"_tag":"Exit"}]')
  }) as typeof fetch
  const world = connect({ url: 'http://h/sync' })
  assert.equal(world.transport().requests, true)
  world.transport().connect(null)
  await pause()
  world.transport().send('{"_tag":"Request"}')
  await pause()
  assert.deepEqual(asked, [['http://h/sync?storeId=a%20b&transport=http', 'POST', '{"_tag":"Request"}', 'a b']])
  assert.deepEqual(world.told, ['attach', 'opened', 'frame [{"_tag":"Exit"}]'])
})

test('over HTTP a refusal says its status, and what fails is a lost connection', async () => {
  const answers = [new Response('no such token\n', { status: 403 }), new Response('', { status: 503 })]
  globalThis.fetch = (async () => answers.shift() ?? Promise.reject(new TypeError('fetch failed'))) as typeof fetch
  const world = connect({ url: 'http://h' })
  for (let i = 0; i < 3; i++) {
    world.transport().connect(null)
    world.transport().send('x')
    await pause()
  }
  assert.deepEqual(world.told.filter((text) => text.startsWith('closed')), [
    'closed LS_EACCESS: The server refused: HTTP 403 no such token',
    'closed LS_EOFFLINE: The server refused: HTTP 503',
    'closed LS_EOFFLINE: h: TypeError: fetch failed',
  ])
})
