/** What a worker file may say of syncing, the first pull, and the answers to what sessions ask. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CoreStore } from '../src/core/types.js'
import { answer } from '../src/worker/calls.js'
import { makeWsSync } from '../src/worker/index.js'
import type { WorkerSync } from '../src/worker/sync.js'
import { blockingMs, connectOptions, firstPull } from '../src/worker/sync.js'

const url = 'ws://h'

test('our words and those of LiveStore mean the same', () => {
  const backend = makeWsSync({ url })
  assert.deepEqual(connectOptions({ url }, 'null'), { url })
  assert.deepEqual(connectOptions({ backend }, 'null'), { url })
  assert.deepEqual(connectOptions({ url, backend: 'stop', pingMs: 5 }, 'null'), { url, backend: 'stop', pingMs: 5 })
  const policies = { reset: 'set-aside', shutdown: 'stop', ignore: 'stop' } as const
  for (const [onBackendIdMismatch, policy] of Object.entries(policies)) {
    const sync = { backend, onBackendIdMismatch } as WorkerSync
    assert.deepEqual(connectOptions(sync, 'null'), { url, backend: policy })
  }
})

test('the payload of the page goes before that of the worker file, which may be made for each connection', () => {
  let n = 0
  const payloadOf = (payload: unknown, page: string): unknown => connectOptions({ url, payload }, page).payload?.()
  assert.deepEqual(payloadOf({ a: 1 }, 'null'), { a: 1 })
  assert.deepEqual(payloadOf({ a: 1 }, '{"b":2}'), { b: 2 })
  assert.deepEqual(payloadOf(() => ({ n: ++n }), 'null'), { n: 1 })
  assert.equal(connectOptions({ url }, 'null').payload, undefined)
})

test('a store waits for its first pull only when told so', () => {
  const backend = makeWsSync({ url })
  assert.equal(blockingMs({ url }), 0)
  assert.equal(blockingMs({ backend, initialSyncOptions: { _tag: 'Skip' } }), 0)
  assert.equal(blockingMs({ backend, initialSyncOptions: { _tag: 'Blocking', timeout: 500 } }), 500)
})

const syncing = (steps: readonly { phase: string; pulled?: number; remaining?: number }[]): CoreStore => {
  let at = 0
  return { syncStatus: () => steps[Math.min(at++, steps.length - 1)] } as unknown as CoreStore
}

test('the first pull tells how far it is, and is over when all was pulled', async () => {
  const told: (readonly number[])[] = []
  const store = syncing([
    { phase: 'connecting' },
    { phase: 'pulling', pulled: 0, remaining: -1 },
    { phase: 'pulling', pulled: 100, remaining: 50 },
    { phase: 'live' },
  ])
  await firstPull(store, 5000, (done, total) => told.push([done, total]))
  assert.deepEqual(told, [[0, -1], [100, 150]])
})

test('the first pull is waited for no longer than the time that was given', async () => {
  const from = Date.now()
  await firstPull(syncing([{ phase: 'waiting' }]), 50, () => undefined)
  assert.ok(Date.now() - from >= 50)
  await firstPull(syncing([{ phase: 'failed' }]), 60_000, () => undefined)
  assert.ok(Date.now() - from < 30_000)
})

test('a view of the past is closed, also when the query fails', () => {
  const closed: string[] = []
  const at = () => ({
    query: (sql: string) => (sql === 'bad' ? assert.fail('bad') : { columns: ['a'], rows: [[1]] }),
    close: () => closed.push('closed'),
  })
  const store = { at } as unknown as CoreStore
  const position = { global: 1, client: 0, generation: 0 }
  assert.deepEqual(answer(store, 'queryAt', [position, 'good', []]), { columns: ['a'], rows: [[1]] })
  assert.throws(() => answer(store, 'queryAt', [position, 'bad', []]), /bad/)
  assert.equal(closed.length, 2)
})
