import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoreError, loadCore, type CoreStore, type Downlink } from '../src/core/index.js'
import { added, document, event, fails, openCore } from './lib/core.js'

const { open } = await openCore()
const elsewhere = await loadCore()

/** Carry messages both ways until there are none. */
function carry(session: CoreStore, downlink: Downlink): void {
  for (let moved = true; moved; ) {
    moved = false
    for (let m = session.uplinkTake(); m; m = session.uplinkTake()) downlink.receive(m), (moved = true)
    for (let m = downlink.take(); m; m = downlink.take()) session.uplinkReceive(m), (moved = true)
  }
}

function join(leader: CoreStore, sessionId: string): { session: CoreStore; downlink: Downlink } {
  const session = elsewhere.openUplink({ schema: document(), sessionId })
  const downlink = leader.downlink(session.uplinkHello())
  carry(session, downlink)
  return { session, downlink }
}

test('a session elsewhere is welcomed with the state, commits at once, and the leader has it', () => {
  const leader = open({ storeId: 'shop', clientId: 'c1' })
  leader.commit(added('a'))
  const { session, downlink } = join(leader, 's2')
  assert.deepEqual([session.storeId, session.clientId, session.sessionId], ['shop', 'c1', 's2'])
  assert.deepEqual(session.query('SELECT id FROM todos').rows, [['a']])
  const receipt = session.commit(added('b'))
  assert.equal(session.stage(receipt), 'local')
  assert.deepEqual([session.uplinkStatus().welcome, session.uplinkStatus().unsaved], [true, 1])
  carry(session, downlink)
  assert.equal(session.stage(receipt), 'durable')
  assert.equal(session.uplinkStatus().unsaved, 0)
  assert.equal(leader.query('SELECT id FROM todos').rows.length, 2)
  assert.equal(leader.events({ sessionId: 's2' }, 9).length, 1)
  session.close()
})

test('what one session commits, the other has, and its subscriptions are told', () => {
  const leader = open()
  const one = join(leader, 's1')
  const two = join(leader, 's2')
  let told = 0
  const live = two.session.live('', 'SELECT id, done FROM todos', [])
  two.session.subscribe(live, '', true, () => void told++)
  one.session.commit(added('a'))
  one.session.commit(event('v1.Done', { id: 'a' }))
  carry(one.session, one.downlink)
  carry(two.session, two.downlink)
  assert.deepEqual(two.session.rows(live).rows, [['a', 1]])
  assert.ok(told > 0)
  one.session.close()
  two.session.close()
})

test('a session goes on with the next downlink, and nothing is lost or doubled', () => {
  const leader = open()
  const { session, downlink } = join(leader, 's1')
  session.commit(added('a'))
  const lost = session.uplinkTake()
  assert.ok(lost)
  downlink.close()
  downlink.close()
  assert.throws(() => downlink.take(), fails('LS_ENOTFOUND'))
  session.commit(added('b'))
  const next = leader.downlink(session.uplinkHello())
  carry(session, next)
  assert.deepEqual(leader.query('SELECT id FROM todos ORDER BY id').rows, [['a'], ['b']])
  session.close()
})

test('a message that is none is refused', () => {
  const leader = open()
  const { session, downlink } = join(leader, 's1')
  const none = new Uint8Array([1, 2, 3])
  const refused = fails('LS_EPROTOCOL')
  assert.throws(() => leader.downlink(none), refused)
  assert.throws(() => downlink.receive(none), refused)
  assert.throws(() => session.uplinkReceive(none), refused)
  assert.throws(() => leader.uplinkHello(), CoreError)
  session.close()
})
