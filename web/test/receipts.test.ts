/** Receipts: the stages of a commit, and the promises of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConflictError, createStorePromise, ShutdownError } from '../src/index.js'
import type { Conflict, CoreReceipt, CoreStore, Stage } from '../src/core/types.js'
import type { LeaderCalls } from '../src/store/index.js'
import { makeReceipts } from '../src/store/receipts.js'
import { events, makeTabs, openStore, pause, schema, tables } from './lib/store.js'

const a = events.created({ id: 'a', text: 'Buy milk' })

/** Is a promise still waiting? */
const isOpen = async (promise: Promise<unknown>): Promise<boolean> => {
  const open = Symbol('open')
  return (await Promise.race([promise, pause(1).then(() => open)])) === open
}

test('in memory a commit is durable at once, and never confirmed without a server', async () => {
  const store = await openStore()
  const receipt = store.commit(a)
  assert.equal(receipt.stage, 'durable')
  await receipt.durable
  assert.equal(await isOpen(receipt.confirmed), true)
  assert.equal(receipt.confirmed, receipt.confirmed)
  await store.shutdown()
})

test('a commit of a session is local until the leader has it', async () => {
  const { adapter, line, pump } = makeTabs('stages')
  const store = await createStorePromise({ schema, storeId: 'stages', adapter: adapter('left') })
  line.paused = true
  const receipt = store.commit(a)
  const statuses: boolean[] = []
  store.subscribeSyncStatus(({ isSynced }) => statuses.push(isSynced))
  assert.equal(receipt.stage, 'local')
  assert.equal(await isOpen(receipt.durable), true)
  assert.deepEqual(store.syncStatus(), { localHead: 'e1', upstreamHead: 'e0', pendingCount: 1, isSynced: false })
  line.paused = false
  pump()
  await receipt.durable
  assert.equal(receipt.stage, 'durable')
  assert.deepEqual(store.syncStatus(), { localHead: 'e1', upstreamHead: 'e1', pendingCount: 0, isSynced: true })
  await pause()
  assert.deepEqual(statuses, [false, true])
  await store.shutdown()
})

test('a commit that what came before it breaks is set aside: its promises are rejected with the conflict', async () => {
  const { adapter, line, pump } = makeTabs('conflict')
  const open = (sessionId: string) => createStorePromise({ schema, storeId: 'conflict', adapter: adapter(sessionId) })
  const [left, right] = [await open('left'), await open('right')]
  line.paused = true
  const first = left.commit(a)
  const second = right.commit(events.created({ id: 'a', text: 'Sell milk' }))
  const failed = assert.rejects(second.durable, (error: ConflictError) => {
    assert.ok(error instanceof ConflictError)
    assert.equal(error.conflict?.events[0]?.name, 'v1.TodoCreated')
    return true
  })
  line.paused = false
  pump()
  await Promise.all([first.durable, failed])
  assert.equal(second.stage, 'set-aside')
  await assert.rejects(second.confirmed, ConflictError)
  assert.deepEqual(right.query(tables.todos.select('text')), ['Buy milk'])
  const [conflict] = await right.conflicts.list()
  assert.equal(conflict?.cause, 'rebase')
  await right.conflicts.retry(conflict?.id ?? 0, events.created({ id: 'b', text: 'Sell milk' }))
  pump()
  assert.deepEqual(left.query(tables.todos.select('text')), ['Buy milk', 'Sell milk'])
  assert.deepEqual(await left.conflicts.list(), [])
  await Promise.all([left.shutdown(), right.shutdown()])
})

test('promises that wait when the store is shut down are rejected; those not asked for leave no trace', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  const store = await openStore()
  const receipt = store.commit(a)
  const { confirmed } = receipt
  await store.shutdown()
  await pause()
  process.off('unhandledRejection', note)
  assert.deepEqual(unhandled, [])
  await assert.rejects(confirmed, ShutdownError)
  assert.equal(receipt.stage, 'durable')
  await assert.rejects(receipt.durable, ShutdownError)
})

/** Receipts over a core whose stages a test sets. */
const scripted = (conflicts: readonly Partial<Conflict>[]) => {
  const says: { stage: Stage } = { stage: 'local' }
  const core = { sessionId: 's', stage: () => says.stage } as unknown as CoreStore
  const leader = { conflicts: async () => conflicts } as unknown as LeaderCalls
  const seq = { global: 1, client: 0, generation: 0 }
  const coreReceipt: CoreReceipt = { first: seq, last: seq, serial: 1n, stage: 'local' }
  return { says, receipts: makeReceipts(core, leader), coreReceipt }
}

test('what is confirmed was durable before, even when nobody heard of it', async () => {
  const { says, receipts, coreReceipt } = scripted([])
  const receipt = receipts.make(coreReceipt, [])
  const { durable, confirmed } = receipt
  receipts.check()
  assert.equal(await isOpen(durable), true)
  says.stage = 'confirmed'
  receipts.check()
  await Promise.all([durable, confirmed])
})

test('the conflict of a receipt is the newest of the same session and the same events', async () => {
  const event = (sessionId: string, id: string) => ({ name: 'v1.X', args: { id }, sessionId }) as never
  const { says, receipts, coreReceipt } = scripted([
    { id: 1, error: 'old', events: [event('s', 'a')] }, { id: 2, error: 'new', events: [event('s', 'a')] },
    { id: 3, error: 'of another', events: [event('t', 'a')] }, { id: 4, error: 'other', events: [event('s', 'b')] },
  ])
  const receipt = receipts.make(coreReceipt, [{ name: 'v1.X', args: { id: 'a' } }])
  says.stage = 'set-aside'
  await assert.rejects(receipt.durable, (error: ConflictError) => error.conflict?.id === 2 && /new/.test(error.message))
})
