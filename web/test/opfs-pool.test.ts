// The pool of files on a directory that behaves like the origin private file system: held files, quota, other names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAILED, FULL, openPool, removePool } from '../src/opfs/index.js'
import { fakeDirectory } from './lib/opfs-directory.js'

const bytes = (text: string) => new TextEncoder().encode(text)

test('a new directory gets its files, and opening it again finds them with their content', async () => {
  const directory = fakeDirectory()
  const first = await openPool(directory, { files: 3 })
  assert.equal(first.count(), 3)
  assert.equal(first.write(1, bytes('hello'), 4096), 0)
  first.close()
  const second = await openPool(directory, { files: 3 })
  const out = new Uint8Array(10)
  assert.equal(second.count(), 3)
  assert.equal(second.read(1, out, 4096), 5)
  assert.equal(new TextDecoder().decode(out.subarray(0, 5)), 'hello')
  second.close()
})

test('room for the header is made when a file is, so that a name can be changed when storage is full', async () => {
  const pool = await openPool(fakeDirectory(), { files: 2 })
  assert.equal(pool.size(0), 4096)
  pool.close()
})

test('files of other names in the directory are left alone, also when the pool is removed', async () => {
  const directory = fakeDirectory(['photo.jpg', '1.livestore.bak'])
  const pool = await openPool(directory, { files: 2 })
  pool.close()
  await removePool(directory)
  assert.deepEqual([...directory.names()].sort(), ['1.livestore.bak', 'photo.jpg'])
})

test('waits for another context that still holds the files, then opens them', async () => {
  const directory = fakeDirectory()
  const first = await openPool(directory, { files: 2 })
  let closed = false
  setTimeout(() => {
    first.close()
    closed = true
  }, 60)
  const second = await openPool(directory, { files: 2, waitMs: 60_000 })
  assert.ok(closed)
  second.close()
})

test('gives up after the time it was given, says why, and holds nothing', async () => {
  const directory = fakeDirectory()
  const first = await openPool(directory, { files: 2 })
  first.close()
  const holder = await directory.hold('1.livestore')
  await assert.rejects(openPool(directory, { files: 2, waitMs: 30 }), /another tab or worker holds the files/)
  holder.close()
  const second = await openPool(directory, { files: 2, waitMs: 0 })
  second.close()
})

test('grows while few files are left, and numbers go on after the last', async () => {
  const directory = fakeDirectory()
  const pool = await openPool(directory, { files: 2, spare: 3 })
  pool.spare(1)
  pool.spare(0)
  await pool.settled()
  assert.equal(pool.count(), 5)
  assert.deepEqual([...directory.names()].at(-1), '4.livestore')
  pool.close()
})

test('a pool that is closed while it grows holds nothing', async () => {
  const directory = fakeDirectory()
  const pool = await openPool(directory, { files: 1, spare: 4 })
  pool.spare(0)
  pool.close()
  await pool.settled()
  assert.equal(directory.held(), 0)
})

test('storage that is full, and storage that fails, are told apart', async () => {
  const errors: unknown[] = []
  const directory = fakeDirectory()
  const pool = await openPool(directory, { files: 1, onError: (error) => errors.push(error) })
  directory.setQuota(8192)
  assert.equal(pool.write(0, new Uint8Array(10_000), 0), FULL)
  assert.equal(pool.truncate(0, 10_000), FULL)
  assert.equal(pool.write(7, bytes('x'), 0), FAILED)
  assert.equal(errors.length, 3)
  pool.close()
  assert.equal(pool.write(0, bytes('x'), 0), FAILED)
  assert.match(String(errors.at(-1)), /the files are closed/)
})

test('a write that stores a part only counts as full', async () => {
  const directory = fakeDirectory()
  const pool = await openPool(directory, { files: 1 })
  directory.setQuota(8192, 'short')
  assert.equal(pool.write(0, new Uint8Array(10_000), 0), FULL)
  pool.close()
})
