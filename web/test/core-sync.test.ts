import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoreError, type CoreStore, type CoreTransport } from '../src/core/index.js'
import { added, event, fails, openCore } from './lib/core.js'

const { open } = await openCore()

interface Request { _tag: string; id: string; tag: string; payload: { batch?: WireEvent[]; live?: boolean } }
interface WireEvent {
  name: string
  args: unknown
  seqNum: number
  parentSeqNum: number
  clientId: string
  sessionId: string
}

const theirs = (name: string, args: unknown, seqNum: number): WireEvent => ({
  name, args, seqNum, parentSeqNum: seqNum - 1, clientId: 'other', sessionId: 's',
})

/** A server that keeps the events of one store, asked in frames. */
class FakeServer implements CoreTransport {
  readonly log: WireEvent[] = []
  readonly connects: (string | null)[] = []
  frames: string[] = []
  closes = 0
  refuse: string | undefined
  inside: (() => void) | undefined
  pull: string | undefined
  sent = 0

  connect(payload: string | null): void {
    this.inside?.()
    if (this.refuse !== undefined) throw new Error(this.refuse)
    this.connects.push(payload)
  }
  send(frame: string): void {
    this.frames.push(frame)
  }
  close(): void {
    this.closes++
  }

  page(): string {
    const batch = this.log.slice(this.sent).map((eventEncoded) => ({ eventEncoded, metadata: { _tag: 'None' } }))
    this.sent = this.log.length
    const values = [{ batch, pageInfo: { _tag: 'NoMore' }, backendId: 'b1' }]
    return JSON.stringify({ _tag: 'Chunk', requestId: this.pull, values })
  }

  /** Answer all that was asked, until nothing is. */
  serve(store: CoreStore): void {
    for (let rounds = 0; rounds < 50 && (this.frames.length > 0 || store.dueMs() === 0); rounds++) {
      if (store.dueMs() === 0) store.tick()
      const asked = this.frames
      this.frames = []
      for (const frame of asked) this.#answer(store, JSON.parse(frame) as Request)
    }
  }

  #answer(store: CoreStore, { _tag, id, tag, payload }: Request): void {
    if (_tag !== 'Request') return
    if (tag.endsWith('Push')) {
      this.log.push(...(payload.batch ?? []))
      store.frame(JSON.stringify({ _tag: 'Exit', requestId: id, exit: { _tag: 'Success', value: {} } }))
      store.frame(this.page())
    } else {
      this.pull = id
      store.frame(this.page())
    }
  }
}

function connected(options: Parameters<CoreStore['attach']>[1] = {}): { store: CoreStore; server: FakeServer } {
  const store = open()
  const server = new FakeServer()
  store.attach(server, { url: 'wss://example.org', ...options })
  store.tick()
  assert.equal(server.connects.length, 1)
  store.opened()
  server.serve(store)
  return { store, server }
}

test('a store pulls, pushes and is confirmed through a transport', () => {
  const { store, server } = connected()
  const status = store.syncStatus()
  const { phase, online, pending, backendId, error } = status
  assert.deepEqual([phase, online, pending, backendId, error], ['live', true, 0, 'b1', null])
  const receipt = store.commit(added('a', 'Grüße'))
  assert.equal(store.syncStatus().pending, 1)
  server.serve(store)
  assert.deepEqual(server.log.map((e) => [e.name, e.args, e.seqNum]), [['v1.Added', { id: 'a', text: 'Grüße' }, 1]])
  assert.equal(store.stage(receipt), 'confirmed')
  assert.equal(store.syncStatus().pushed, 1)
  server.log.push(theirs('v1.Done', { id: 'a' }, 2))
  store.frame(server.page())
  assert.deepEqual(store.query('SELECT text, done FROM todos').rows, [['Grüße', 1]])
})

test('the payload is made anew for each connection', () => {
  let n = 0
  const { store, server } = connected({ payload: () => ({ token: ++n }), retryMinMs: 1, retryMaxMs: 1 })
  store.closed({ code: 'LS_EOFFLINE', message: 'gone' })
  const status = store.syncStatus()
  assert.equal(status.phase, 'waiting')
  assert.equal(status.error?.code, 'LS_EOFFLINE')
  assert.match(status.error?.message ?? '', /gone/)
  const end = performance.now() + 2000
  while (server.connects.length < 2 && performance.now() < end) store.tick()
  assert.deepEqual(server.connects, ['{"token":1}', '{"token":2}'])
})

test('a payload that cannot be made is tried again later, and the status says why', () => {
  const store = open()
  const server = new FakeServer()
  store.attach(server, { payload: () => { throw new Error('no token') } })
  store.tick()
  assert.equal(server.connects.length, 0)
  assert.match(store.syncStatus().error?.message ?? '', /no token/)
  const { nextTryMs } = store.syncStatus()
  assert.ok(nextTryMs > 0 && store.dueMs() > 0 && store.dueMs() < Infinity)
})

test('a transport that cannot connect is waited for', () => {
  const store = open()
  const server = new FakeServer()
  server.refuse = 'no socket'
  store.attach(server, {})
  store.tick()
  assert.equal(store.syncStatus().phase, 'waiting')
  assert.match(store.syncStatus().error?.message ?? '', /no socket/)
})

test('a transport that calls the store from inside is told so', () => {
  const store = open()
  const server = new FakeServer()
  let thrown: unknown
  server.inside = () => {
    try {
      store.opened()
    } catch (error) {
      thrown = error
    }
  }
  store.attach(server, {})
  store.tick()
  assert.ok(thrown instanceof CoreError && thrown.code === 'LS_ELOCKED')
})

test('a store has one transport at a time, and none once it is detached', () => {
  const { store, server } = connected()
  assert.throws(() => store.attach(new FakeServer(), {}), fails('LS_EEXISTS'))
  store.detach()
  assert.ok(server.closes > 0)
  assert.equal(store.syncStatus().phase, 'off')
  assert.equal(store.dueMs(), Infinity)
  store.attach(new FakeServer(), {})
})

test('what came from upstream and breaks a commit makes it a conflict, which is retried or dropped', () => {
  const { store, server } = connected()
  const receipt = store.commit(added('a', 'mine'))
  store.commit(added('b', 'mine, too'))
  server.log.push(theirs('v1.Added', { id: 'a', text: 'theirs' }, 1))
  server.frames = []
  store.frame(server.page())
  assert.equal(store.stage(receipt), 'set-aside')
  const [conflict] = store.conflicts()
  assert.ok(conflict)
  assert.deepEqual([conflict.cause, conflict.item], ['rebase', 0])
  assert.deepEqual(conflict.events.map((e) => e.args), [{ id: 'a', text: 'mine' }])
  assert.match(conflict.error, /UNIQUE/)
  assert.throws(() => store.retryConflict(conflict.id), fails('LS_EMATERIALIZE'))
  store.retryConflict(conflict.id, event('v1.Added', { id: 'c', text: 'mine' }))
  assert.deepEqual(store.conflicts(), [])
  const { rows } = store.query('SELECT id, text FROM todos ORDER BY id')
  assert.deepEqual(rows, [['a', 'theirs'], ['b', 'mine, too'], ['c', 'mine']])
  assert.throws(() => store.dropConflict(conflict.id), fails('LS_ENOTFOUND'))
})
