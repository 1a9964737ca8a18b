/** What is kept while somebody holds it, and for a while after that. */
import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import { makeLease } from '../src/store/lease.js'

let ended = 0
const end = (): void => void ended++

beforeEach(() => {
  ended = 0
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout'] })
})

test('it ends so long after the last one who held it let go', () => {
  const lease = makeLease(end)
  const [one, two] = [lease.hold(10), lease.hold(10)]
  one()
  one()
  mock.timers.tick(100)
  assert.equal(ended, 0)
  two()
  mock.timers.tick(9)
  assert.equal(ended, 0)
  mock.timers.tick(1)
  assert.equal(ended, 1)
})

test('whoever holds it again in time keeps it', () => {
  const lease = makeLease(end)
  lease.hold(10)()
  mock.timers.tick(5)
  const release = lease.hold(10)
  lease.endIn(0)
  mock.timers.tick(100)
  assert.equal(ended, 0)
  release()
  mock.timers.tick(10)
  assert.equal(ended, 1)
})

test('nobody needs to have held it; a later time takes the place of the one before', () => {
  const lease = makeLease(end)
  lease.endIn(10)
  mock.timers.tick(5)
  lease.endIn(10)
  mock.timers.tick(9)
  assert.equal(ended, 0)
  mock.timers.tick(1)
  assert.equal(ended, 1)
})

test('it may be kept for ever, and is not ended once it has been stopped', () => {
  const lease = makeLease(end)
  lease.hold(Infinity)()
  mock.timers.tick(2 ** 31)
  assert.equal(ended, 0)
  const release = lease.hold(10)
  lease.stop()
  release()
  mock.timers.tick(100)
  assert.equal(ended, 0)
})
