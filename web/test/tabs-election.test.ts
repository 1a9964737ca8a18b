/** Who leads, who a tab is, and what the browser must have: with fake locks and workers. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { Election } from '../src/tabs/election.js'
import { standForElection } from '../src/tabs/election.js'
import { keepClientId, takeClientId, takeSessionId } from '../src/tabs/identity.js'
import type { WorkerOrder } from '../src/tabs/messages.js'
import { leadLock, workerLock } from '../src/tabs/messages.js'
import { checkSupport } from '../src/tabs/support.js'
import { makeWorkers } from '../src/tabs/workers.js'
import type { FakeLocks } from './lib/fake-locks.js'
import { makeLocks } from './lib/fake-locks.js'

const pause = (ms = 10): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (const end = Date.now() + 5000; !holds(); await pause(2)) assert.ok(Date.now() < end, `not in time: ${what}`)
}

type Act = (worker: FakeWorker, order: WorkerOrder) => unknown

/** A worker whose side of the conversation is `act`. */
class FakeWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null
  onerror: ((event: { message: string }) => void) | null = null
  terminated = false
  leader = ''
  constructor(private readonly act: Act) {}
  postMessage(order: WorkerOrder): void {
    if (order.type === 'begin') this.leader = order.leader
    setImmediate(() => this.terminated || this.act(this, order))
  }
  say(data: unknown): void {
    this.onmessage?.({ data })
  }
  terminate(): void {
    this.terminated = true
  }
}

const wellBehaved: Act = (worker, order) => {
  if (order.type === 'begin') worker.say({ type: 'ready' })
  if (order.type === 'end') worker.say({ type: 'ended' })
}

interface Stand {
  readonly election: Election
  readonly workers: FakeWorker[]
  readonly leads: string[]
  readonly failures: string[]
  readonly logs: string[]
}

const wasm = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))

const open: Stand[] = []
afterEach(async () => {
  for (const stand of open.splice(0)) await stand.election.close()
})

/** The lock that a worker holds is held by the tab "<tab>'s worker". */
const failing: Act = (worker) => worker.say({ type: 'failed', error: { name: 'Error', message: 'no such table' } })
const deaf: Act = (worker, order) => order.type === 'begin' && worker.say({ type: 'ready' })

const stand = (locks: FakeLocks, tab: string, act: Act = wellBehaved): Stand => {
  const workers: FakeWorker[] = []
  const [leads, failures, logs] = [[] as string[], [] as string[], [] as string[]]
  const view = locks.tab(tab)
  const worker = (): Worker => {
    const made = new FakeWorker((self, order) => {
      const hold = (): Promise<void> => new Promise(() => undefined)
      if (order.type === 'begin') void locks.tab(`${tab}'s worker`).request(workerLock(self.leader), hold)
      act(self, order)
    })
    workers.push(made)
    return made as unknown as Worker
  }
  const election = standForElection({
    workers: makeWorkers(worker, 's'), locks: view, storeId: 's',
    begin: () => ({ clientId: 'c', clientChosen: false, directory: 'd', reset: false, replaces: false, payload: 'null', schema: '{}', wasm }),
    elected: () => undefined,
    ready: (leader) => leads.push(leader),
    report: (message) => message.type === 'log' && logs.push(message.text),
    failed: (error) => failures.push(error.message),
  })
  const made = { election, workers, leads, failures, logs }
  open.push(made)
  return made
}

test('one tab leads; the next in the queue follows when it closes, and its worker was ended before', async () => {
  const locks = makeLocks()
  const a = stand(locks, 'a')
  await until('a leads', () => a.leads.length === 1)
  const b = stand(locks, 'b')
  await pause()
  assert.equal(b.leads.length, 0)
  await a.election.close()
  assert.equal(a.workers[0]?.terminated, true)
  await until('b leads', () => b.leads.length === 1)
  assert.notEqual(a.leads[0], b.leads[0])
})

test('the next in the queue follows when the leading tab crashes', async () => {
  const locks = makeLocks()
  const a = stand(locks, 'a')
  await until('a leads', () => a.leads.length === 1)
  const b = stand(locks, 'b')
  await pause()
  locks.kill('a')
  await until('b leads', () => b.leads.length === 1)
})

test('a worker that dies without a word is noticed at once, and another tab leads', async () => {
  const locks = makeLocks()
  const a = stand(locks, 'a')
  await until('a leads', () => a.leads.length === 1)
  const b = stand(locks, 'b')
  await pause()
  locks.kill("a's worker")
  await until('b leads', () => b.leads.length === 1)
  assert.match(a.logs.join(), /died/)
  assert.deepEqual(a.failures, [])
})

test('a worker that fails is begun anew where no other tab is there', async () => {
  const a = stand(makeLocks(), 'a')
  await until('a leads', () => a.leads.length === 1)
  a.workers[0]?.onerror?.({ message: 'unreachable' })
  await until('a leads again', () => a.leads.length === 2)
  assert.match(a.logs.join(), /The worker of the store "s" failed: unreachable/)
})

test('a worker that fails again and again ends the session', async () => {
  const a = stand(makeLocks(), 'a', (worker) => worker.onerror?.({ message: '' }))
  await until('it has ended', () => a.failures.length === 1)
  assert.equal(a.workers.length, 3)
  assert.deepEqual(a.failures, ['The worker of the store "s" failed: its script cannot be loaded'])
})

test('a store that cannot be opened is an error of the tab, and the next tab tries', async () => {
  const locks = makeLocks()
  const a = stand(locks, 'a', failing)
  const b = stand(locks, 'b')
  await until('b leads', () => b.leads.length === 1)
  assert.deepEqual(a.failures, ['no such table'])
})

test('closing leaves the queue; closing a leader that does not answer takes a second', async () => {
  const locks = makeLocks()
  const a = stand(locks, 'a', deaf)
  await until('a leads', () => a.leads.length === 1)
  const b = stand(locks, 'b')
  await b.election.close()
  const from = Date.now()
  await a.election.close()
  assert.ok(Date.now() - from >= 990)
  await until('the lock is free', () => !locks.held().includes(leadLock('s')))
})

test('a silent worker hangs: another is begun', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const a = stand(makeLocks(), 'a', deaf)
  await until('a leads', () => a.leads.length === 1)
  for (let beat = 0; beat < 6; beat++) t.mock.timers.tick(5000)
  assert.deepEqual(a.logs, [])
  t.mock.timers.tick(5000)
  await until('another one was begun', () => a.workers.length === 2)
  assert.match(a.logs.join(), /hangs/)
})

const makeStorage = (from: Record<string, string> = {}): Storage => {
  const items = new Map(Object.entries(from))
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  } as unknown as Storage
}

test('the client id is the one that was kept', () => {
  const storage = makeStorage()
  const id = takeClientId('s', storage)
  assert.match(id, /^[\w-]{10}$/)
  assert.notEqual(takeClientId('s', undefined), id)
  keepClientId('s', storage, 'kept')
  assert.equal(takeClientId('s', storage), 'kept')
  assert.equal(storage.getItem('livestore:clientId:s'), 'kept')
})

test('a session id survives a reload, and a duplicated tab gets another one (WEB-08)', async () => {
  const locks = makeLocks()
  const storage = makeStorage()
  const first = await takeSessionId('s', storage, locks.tab('a'))
  const reloading = takeSessionId('s', storage, locks.tab('a'))
  setTimeout(first.release, 50)
  assert.equal((await reloading).sessionId, first.sessionId)
  const [copy] = await Promise.all([takeSessionId('s', storage, locks.tab('b')), pause(400)])
  assert.notEqual(copy.sessionId, first.sessionId)
  assert.equal(storage.getItem('livestore:sessionId:s'), copy.sessionId)
})

test('what the browser lacks is named', () => {
  assert.throws(checkSupport, /does not offer Worker.*navigator\.locks \(Web Locks\).*https or from localhost/)
})

test('a worker is started ahead only while nobody leads, and is the one that leads', async () => {
  const locks = makeLocks()
  const made: FakeWorker[] = []
  const source = (): Worker => {
    made.push(new FakeWorker(() => undefined))
    return made.at(-1) as unknown as Worker
  }
  const workers = makeWorkers(source, 's')
  await workers.ahead(locks.tab('a'))
  assert.equal(made.length, 1)
  assert.equal(workers.start(() => undefined), made[0])
  assert.notEqual(workers.start(() => undefined), made[0])

  void locks.tab('b').request(leadLock('s'), () => new Promise(() => undefined))
  const second = makeWorkers(source, 's')
  await second.ahead(locks.tab('a'))
  assert.equal(made.length, 2)
  second.drop()
})

test('a worker that was started ahead and is not needed is ended; one that failed is told of when it is', async () => {
  const failures: string[] = []
  const made: FakeWorker[] = []
  const source = (): Worker => {
    made.push(new FakeWorker(() => undefined))
    return made.at(-1) as unknown as Worker
  }
  const locks = makeLocks().tab('a')
  const dropped = makeWorkers(source, 's')
  await dropped.ahead(locks)
  dropped.drop()
  assert.equal(made[0]?.terminated, true)

  const broken = makeWorkers(source, 's')
  await broken.ahead(locks)
  made[1]?.onerror?.({ message: 'no such file' })
  broken.start(({ message }) => failures.push(message))
  await pause()
  assert.deepEqual(failures, ['no such file'])
})
