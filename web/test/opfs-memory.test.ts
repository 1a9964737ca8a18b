// The pool in memory, alone and under the library: stores outlive the module that made them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadCore, type HostFiles } from '../src/core/index.js'
import { FAILED, FULL, memoryPool } from '../src/opfs/index.js'
import { faultyPool } from './lib/opfs-faults.js'

const schema = JSON.stringify({
  livestore: 1,
  tables: ['CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT'],
  events: {
    added: {
      args: { type: 'object', properties: { id: { type: 'string' }, text: { type: 'string' } }, required: ['id', 'text'] },
      sql: ['INSERT INTO todos (id, text) VALUES (:id, :text)'],
    },
  },
})

const wasm = readFileSync(new URL('livestore.wasm', import.meta.url))
const core = (files: HostFiles) => loadCore({ wasm, files })
const added = (id: string, text = id) => JSON.stringify([{ name: 'added', args: { id, text } }])

const openStore = async (files: HostFiles, durability: 'process' | 'power' = 'process') =>
  (await core(files)).open({ schema, path: 'todos', clientId: 'c', sessionId: 's', durability })

const ids = async (files: HostFiles) => {
  const store = await openStore(files)
  const { rows } = store.query('SELECT id FROM todos ORDER BY rowid')
  store.close()
  return rows.map(([id]) => id)
}

test('reads what was written, zeros in a hole, and no more than there is', () => {
  const pool = memoryPool(2)
  const out = new Uint8Array(8)
  assert.equal(pool.write(0, new Uint8Array([1, 2]), 3), 0)
  assert.equal(pool.read(0, out, 1), 4)
  assert.deepEqual([...out.subarray(0, 4)], [0, 0, 1, 2])
  assert.equal(pool.read(0, out, 100), 0)
  assert.equal(pool.truncate(0, 4), 0)
  assert.equal(pool.truncate(0, 6), 0)
  assert.equal(pool.read(0, out, 3), 3)
  assert.deepEqual([...out.subarray(0, 3)], [1, 0, 0])
  assert.equal(pool.size(2), FAILED)
})

test('has always some files that are not used', () => {
  const pool = memoryPool(4)
  pool.spare(1)
  assert.equal(pool.count(), 7)
})

test('a store is there again for the next module', async () => {
  const files = memoryPool()
  const store = await openStore(files)
  store.commit(added('a'))
  store.close()
  assert.deepEqual(await ids(files), ['a'])
})

test('a store that was not closed is there again, with all that was committed', async () => {
  const files = memoryPool()
  const store = await openStore(files)
  for (let i = 0; i < 300; i++) store.commit(added(String(i)))
  assert.equal((await ids(files)).length, 300)
})

test('with durability "power" nothing committed is lost when what was not flushed is', async () => {
  const files = faultyPool(memoryPool())
  const store = await openStore(files, 'power')
  for (let i = 0; i < 50; i++) store.commit(added(String(i)))
  assert.equal((await ids(files.afterCrash())).length, 50)
})

test('with durability "process" a loss of power leaves a store that opens, with the first of the commits', async () => {
  const files = faultyPool(memoryPool())
  const store = await openStore(files)
  for (let i = 0; i < 50; i++) store.commit(added(String(i)))
  const left = await ids(files.afterCrash())
  assert.deepEqual(left, Array.from({ length: left.length }, (_, i) => String(i)))
})

test('storage that is full refuses the commit by name, keeps the others, and goes on when there is room', async () => {
  const files = faultyPool(memoryPool())
  const store = await openStore(files)
  store.commit(added('a'))
  files.setQuota(files.used() + 20_000)
  assert.throws(() => store.commit(added('b', 'x'.repeat(100_000))), { code: 'LS_EFULL' })
  assert.deepEqual(store.query('SELECT id FROM todos').rows, [['a']])
  files.setQuota(Infinity)
  store.commit(added('c'))
  store.close()
  assert.deepEqual(await ids(files), ['a', 'c'])
})

test('a path without files says what to do', async () => {
  const none = await loadCore({ wasm })
  assert.throws(() => none.open({ schema, path: 'todos' }), /no files here; open the store in memory/)
})

test('codes are those of the library', () => {
  assert.deepEqual([FAILED, FULL], [-1, -2])
})
