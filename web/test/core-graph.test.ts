import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoreError, loadCore, type CoreErrorInfo, type NodeId, type Rows, type Tracker } from '../src/core/index.js'
import { added, document, event, fails, openCore } from './lib/core.js'

const { open } = await openCore()
const ALL = 'SELECT id, text FROM todos ORDER BY id'

test('a live query has new rows behind a commit that changes them, and the same object otherwise', () => {
  const store = open()
  const live = store.live('all', ALL, [])
  const empty = store.rows(live)
  assert.deepEqual(empty, { columns: ['id', 'text'], rows: [] })
  assert.equal(store.rows(live), empty)
  store.commit(added('a'))
  const one = store.rows(live)
  assert.deepEqual(one.rows, [['a', 'todo a']])
  store.commit(event('v1.Done', { id: 'a' }))
  assert.equal(store.rows(live), one)
})

test('live queries of the same SQL and parameters are one node', () => {
  const store = open()
  const first = store.live('a', ALL, [])
  const second = store.live('b', ALL, [])
  assert.equal(first, second)
  store.release(first)
  assert.deepEqual(store.rows(second).rows, [])
  store.release(second)
  assert.throws(() => store.rows(second), fails('LS_ENOTFOUND'))
})

test('a subscription is told at once unless it is to be later, and then of each change until it is released', () => {
  const store = open()
  const live = store.live('all', ALL, [])
  let told = 0
  let later = 0
  const subscription = store.subscribe(live, 'now', false, () => void told++)
  store.subscribe(live, 'later', true, () => void later++)
  assert.deepEqual([told, later], [1, 0])
  store.commit(added('a'))
  assert.deepEqual([told, later], [2, 1])
  store.release(subscription)
  store.commit(added('b'))
  assert.deepEqual([told, later], [2, 2])
})

test('several commits and sets in a batch are told once', () => {
  const store = open()
  const live = store.live('all', ALL, [])
  let told = 0
  store.subscribe(live, '', true, () => void told++)
  store.batchBegin()
  store.commit(added('a'))
  store.commit(added('b'))
  assert.equal(told, 0)
  assert.equal(store.rows(live).rows.length, 2)
  store.batchCommit()
  assert.equal(told, 1)
})

test('a computed value follows signals and queries, and stops where its version is the same', () => {
  const store = open()
  const signal = store.signal('s', 1)
  let runs = 0
  let told = 0
  const even = store.computed('even', (tracker) => {
    runs++
    return tracker.value(signal) % 2
  })
  store.subscribe(even, '', true, () => void told++)
  assert.equal(store.value(even), 1)
  store.setSignal(signal, 3)
  assert.deepEqual([runs, told], [2, 0])
  store.setSignal(signal, 4)
  assert.deepEqual([runs, told, store.value(even)], [3, 1, 0])
  const count = store.computed('count', (tracker) => tracker.query(ALL, []).rows.length)
  store.commit(added('a'))
  assert.equal(store.value(count), 1)
  assert.equal(store.value(signal), 4)
})

test('versions may be any number', () => {
  const store = open()
  for (const version of [0, -1, 0.5, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    assert.equal(store.value(store.signal('', version)), version)
  }
})

test('a chosen query follows what it depends on', () => {
  const store = open()
  for (const id of ['a', 'b']) store.commit(added(id))
  const ids = ['a', 'b']
  const which = store.signal('which', 0)
  const chosen = store.chosen('chosen', (tracker) => ({
    sql: 'SELECT text FROM todos WHERE id = ?',
    params: [ids[tracker.value(which)] ?? null],
  }))
  const seen: unknown[] = []
  store.subscribe(chosen, '', false, () => void seen.push(store.rows(chosen).rows[0]?.[0]))
  store.setSignal(which, 1)
  store.setSignal(which, 7)
  assert.deepEqual(seen, ['todo a', 'todo b', undefined])
})

test('rows that are read inside a run are the objects that are read outside, while they stay the same', () => {
  const store = open()
  const live = store.live('all', ALL, [])
  const signal = store.signal('', 0)
  const inside: Rows[] = []
  const computed = store.computed('', (tracker) => {
    inside.push(tracker.rows(live), tracker.query('SELECT count(*) FROM todos', []))
    return tracker.value(signal)
  })
  store.subscribe(computed, '', false, () => {})
  store.setSignal(signal, 1)
  assert.equal(inside.length, 4)
  assert.equal(inside[0], inside[2])
  assert.equal(inside[1], inside[3])
  assert.equal(inside[0], store.rows(live))
})

test('what a run throws is the error of whoever reads the node, and passes when the run does', () => {
  const store = open()
  const signal = store.signal('', 0)
  const boom = new TypeError('not today')
  const node = store.computed('moody', (tracker) => {
    if (tracker.value(signal) === 0) throw boom
    return 1
  })
  const errors: (CoreErrorInfo | null)[] = []
  store.subscribe(node, '', false, (error) => void errors.push(error))
  assert.match(errors[0]?.message ?? '', /not today/)
  assert.throws(() => store.value(node), /not today/)
  store.setSignal(signal, 1)
  assert.equal(errors[1], null)
  assert.equal(store.value(node), 1)
  const lonely = store.computed('', () => { throw boom })
  assert.throws(() => store.value(lonely), (error: unknown) => error instanceof CoreError && error.cause === boom)
  assert.throws(() => store.value(store.computed('', () => NaN)), /NaN/)
})

test('wrong SQL of a chosen query is its error', () => {
  const store = open()
  const node = store.chosen('', () => ({ sql: 'SELECT nothing', params: [] }))
  assert.throws(() => store.rows(node), fails('LS_ESQL'))
})

test('a tracker ends with its run', () => {
  const store = open()
  let kept: Tracker | undefined
  const node = store.computed('', (tracker) => {
    kept = tracker
    return 1
  })
  store.value(node)
  assert.throws(() => kept?.query('SELECT 1', []), /ended/)
})

test('values that follow from one another are an error that names them', () => {
  const store = open()
  const nodes: NodeId[] = []
  nodes.push(store.computed('hen', (tracker) => tracker.value(nodes[1] ?? 0)))
  nodes.push(store.computed('egg', (tracker) => tracker.value(nodes[0] ?? 0)))
  assert.throws(() => store.value(nodes[0] ?? 0), /hen|egg/)
})

test('from inside a subscription the store may be committed to', () => {
  const store = open()
  const live = store.live('', ALL, [])
  store.subscribe(live, '', true, () => {
    if (store.rows(live).rows.length < 4) store.commit(added(`t${store.rows(live).rows.length}`))
  })
  store.commit(added('a'))
  assert.deepEqual(store.rows(live).rows.map(([id]) => id), ['a', 't1', 't2', 't3'])
})

test('what a subscriber throws is reported, and neither breaks the commit nor those behind it', async () => {
  const store = open()
  const live = store.live('', ALL, [])
  const boom = new Error('boom')
  let behind = 0
  store.subscribe(live, '', true, () => { throw boom })
  store.subscribe(live, '', true, () => void behind++)
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const reported = new Promise((resolve) => process.once('uncaughtException', resolve))
  store.commit(added('a'))
  assert.equal(await reported, boom)
  before.forEach((listener) => process.on('uncaughtException', listener))
  assert.equal(behind, 1)
})

test('nodes are listed with what they read', () => {
  const store = open()
  const signal = store.signal('which', 1)
  const node = store.computed('twice', (tracker) => tracker.value(signal) * 2)
  store.value(node)
  const [first, second] = store.nodes()
  assert.deepEqual([first?.kind, first?.label, first?.readers], ['signal', 'which', 1])
  assert.deepEqual([second?.kind, second?.label, second?.sources, second?.runs], ['computed', 'twice', [first?.id], 1])
  assert.equal(second?.error, null)
})

test('released nodes leave nothing behind', async () => {
  const own = await loadCore()
  const store = own.open({ schema: document() })
  const round = (i: number): void => {
    const signal = store.signal('s', i)
    const live = store.live('', ALL, [])
    const computed = store.computed('', (t) => {
      const { rows } = t.query('SELECT ?', [i])
      return t.value(signal) + t.rows(live).rows.length + rows.length
    })
    const chosen = store.chosen('', (t) => ({ sql: 'SELECT ?', params: [t.value(computed)] }))
    const subscription = store.subscribe(chosen, '', false, () => {})
    store.commit(event('v1.Done', { id: 'none' }))
    store.rows(chosen)
    for (const node of [signal, live, computed, chosen, subscription]) store.release(node)
  }
  for (let i = 0; i < 300; i++) round(i)
  assert.equal(store.nodes().length, 0)
  const before = own.memoryBytes()
  for (let i = 0; i < 3000; i++) round(i)
  assert.equal(own.memoryBytes(), before)
  store.close()
})
