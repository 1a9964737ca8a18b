import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { compileCore, loadCore, type Rows, type SqlValue } from '../src/core/index.js'
import { added, document, event, fails, openCore } from './lib/core.js'

const { core, open } = await openCore()
const one = (rows: Rows): SqlValue | undefined => rows.rows[0]?.[0]

test('a commit changes the state at once and gives a receipt', () => {
  const store = open()
  const receipt = store.commit(added('a', 'milk'))
  assert.deepEqual(receipt.first, { global: 1, client: 0, generation: receipt.first.generation })
  assert.equal(typeof receipt.serial, 'bigint')
  assert.equal(receipt.stage, 'durable')
  assert.equal(store.stage(receipt), 'durable')
  assert.deepEqual(store.query('SELECT id, text, done FROM todos'), {
    columns: ['id', 'text', 'done'],
    rows: [['a', 'milk', 0]],
  })
})

test('several events are committed together or not at all, and the error says which one is wrong', () => {
  const store = open()
  const events = JSON.stringify([
    { name: 'v1.Added', args: { id: 'a', text: 'x' } },
    { name: 'v1.Added', args: { id: 'b' } },
  ])
  assert.throws(() => store.commit(events), fails('LS_EARGS', /text/, 1))
  assert.equal(one(store.query('SELECT count(*) FROM todos')), 0)
})

test('events to commit may be written with escapes, in any order of keys, with white space', () => {
  const store = open()
  const first = '{ "args" : { "text" : "\\u00e4\\"b" , "id" : "a" } , "name" : "v1\\u002eAdded" }'
  store.commit(` [ ${first} , {"name":"v1.Done","args":{"id":"a"} } ] `)
  assert.deepEqual(store.query('SELECT * FROM todos').rows, [['a', 'ä"b', 1]])
})

test('what is no list of events is refused, and says what was expected', () => {
  const store = open()
  assert.throws(() => store.commit('{}'), fails('LS_EARGS', /array/))
  assert.throws(() => store.commit('[1]'), fails('LS_EARGS', /"name"/, 0))
  assert.throws(() => store.commit('[{"args":{}}]'), fails('LS_EARGS', /"name"/, 0))
  assert.throws(() => store.commit('[{'), fails('LS_EJSON'))
  assert.throws(() => store.commit(event('v1.None', {})), fails('LS_EEVENT', /v1\.None/))
})

const VALUES: [string, SqlValue][] = [
  ['NULL', null],
  ['zero', 0],
  ['a small integer', 42],
  ['a negative integer', -7],
  ['the largest of 32 bits', 2 ** 31 - 1],
  ['one more', 2 ** 31],
  ['the smallest of 32 bits', -(2 ** 31)],
  ['one less', -(2 ** 31) - 1],
  ['the largest that a double holds', Number.MAX_SAFE_INTEGER],
  ['the smallest that a double holds', Number.MIN_SAFE_INTEGER],
  ['one more than a double holds', 2n ** 53n],
  ['the largest of 64 bits', 2n ** 63n - 1n],
  ['the smallest of 64 bits', -(2n ** 63n)],
  ['a fraction', 0.1],
  ['a large double', 1e300],
  ['minus zero', -0],
  ['infinity', Infinity],
  ['minus infinity', -Infinity],
  ['an empty text', ''],
  ['a text', 'milk'],
  ['a text with accents', 'Grüße, señor'],
  ['a text outside the first plane', '𝒳 🎉 𝒴'],
  ['Chinese', '待辦事項'],
  ['a text with a NUL', 'a\0b'],
  ['a text with a byte order mark', '\uFEFFa'],
  ['a text longer than a short one', 'x'.repeat(1000)],
  ['a long text with an accent at its end', `${'x'.repeat(1000)}é`],
  ['an empty blob', new Uint8Array(0)],
  ['a blob', new Uint8Array([0, 1, 254, 255])],
]

for (const [name, value] of VALUES) {
  test(`a query gives back ${name}`, () => {
    const store = open()
    const { rows } = store.query("SELECT ?1, 'behind', ?1 AS again", [value])
    assert.deepEqual(rows, [[value, 'behind', value]])
  })
}

test('all kinds of values stand beside one another in a result', () => {
  const store = open()
  const values = VALUES.map(([, value]) => value)
  assert.deepEqual(store.query(`SELECT ${values.map((_, i) => `?${i + 1}`).join()}`, values).rows, [values])
})

test('a lone surrogate becomes U+FFFD, and text that is not UTF-8 does not shift what stands behind it', () => {
  const store = open()
  assert.deepEqual(store.query('SELECT ?1, ?2', ['\ud800', 'b']).rows, [['\ufffd', 'b']])
  assert.deepEqual(store.query("SELECT CAST(x'41ff42' AS TEXT), 'b', CAST(x'c3' AS TEXT), 'ü'").rows, [
    ['A\ufffdB', 'b', '\ufffd', 'ü'],
  ])
})

test('a result without rows has columns', () => {
  const store = open()
  assert.deepEqual(store.query('SELECT id, text FROM todos'), { columns: ['id', 'text'], rows: [] })
})

test('a parameter that SQLite has no type for is refused by its kind', () => {
  const store = open()
  assert.throws(() => store.query('SELECT ?1', [new Date() as never]), fails('LS_EARGS', /Date/))
  assert.equal(one(store.query('SELECT 1')), 1)
})

test('errors of queries have codes and texts', () => {
  const store = open()
  assert.throws(() => store.query('SELECT nothing FROM todos'), fails('LS_ESQL', /nothing/))
  assert.throws(() => store.query('DELETE FROM todos'), fails('LS_EREADONLY'))
})

test('a wrong schema is refused by checkSchema and by open', () => {
  assert.throws(() => core.checkSchema({ schema: '{"livestore":1,"tables":["CREATE"]}' }), fails('LS_ESCHEMA'))
  assert.throws(() => core.open({ schema: '{"livestore":2}' }), fails('LS_ESCHEMA'))
  core.checkSchema({ schema: document() })
})

test('a store says what it is called', () => {
  const store = open({ storeId: 'shop', clientId: 'c1', sessionId: 's1' })
  assert.deepEqual([store.storeId, store.clientId, store.sessionId], ['shop', 'c1', 's1'])
  assert.match(store.schemaHash, /^[0-9a-f]{32}$/)
  assert.match(core.version, /^\d+\.\d+\.\d+$/)
})

test('undo and redo take back and bring back', () => {
  const store = open()
  store.commit(added('a'))
  store.commit(event('v1.Done', { id: 'a' }))
  assert.deepEqual(store.undoStatus(10), { undo: 2, redo: 0, undoName: 'v1.Done', redoName: null })
  store.undo(1)
  assert.equal(one(store.query('SELECT done FROM todos')), 0)
  store.redo(1)
  assert.equal(one(store.query('SELECT done FROM todos')), 1)
  assert.throws(() => store.undo(5), fails('LS_ENOTFOUND'))
})

test('the log is read with a filter and up to a number of events', () => {
  const store = open({ clientId: 'c1', sessionId: 's1' })
  for (const id of ['a', 'b', 'c']) store.commit(added(id))
  store.commit(event('v1.Done', { id: 'b' }))
  const all = store.events({}, 100)
  assert.equal(all.length, 4)
  assert.deepEqual(all[3], {
    seq: all[3]?.seq, parent: all[2]?.seq, name: 'v1.Done', args: { id: 'b' }, clientId: 'c1', sessionId: 's1',
  })
  assert.equal(store.events({}, 2).length, 2)
  assert.equal(store.events({ name: '*.Done' }, Infinity).length, 1)
  const [, second, third] = all
  assert.ok(second && third)
  const between = store.events({ since: second.seq, until: third.seq }, 9)
  assert.deepEqual(between.map((e) => e.args), [{ id: 'c', text: 'todo c' }])
  assert.equal(store.events({ clientId: 'c2' }, 9).length, 0)
  assert.equal(store.events({ confirmed: true }, 9).length, 0)
})

test('row changes, history and differences tell rows before and after', () => {
  const store = open()
  const first = store.commit(added('a', 'x'))
  const second = store.commit(event('v1.Done', { id: 'a' }))
  const was = { id: 'a', text: 'x', done: 0 }
  const is = { ...was, done: 1 }
  assert.deepEqual(store.eventChanges(second.last), [{ op: 'update', table: 'todos', before: was, after: is }])
  const history = store.history('todos', ['a'])
  const told = history.map(({ event: e, change }) => [e.name, change.op])
  assert.deepEqual(told, [['v1.Added', 'insert'], ['v1.Done', 'update']])
  assert.deepEqual(store.diff({ global: 0, client: 0, generation: 0 }, first.last), [
    { op: 'insert', table: 'todos', before: null, after: was },
  ])
  assert.throws(() => store.history('none', ['a']), fails('LS_ENOTFOUND'))
})

test('a view is the state as it was, until it is closed', () => {
  const store = open()
  const { last } = store.commit(added('a'))
  store.commit(added('b'))
  const view = store.at(last)
  assert.equal(one(view.query('SELECT count(*) FROM todos')), 1)
  assert.equal(one(view.query('SELECT text FROM todos WHERE id = ?', ['a'])), 'todo a')
  view.close()
  view.close()
  assert.throws(() => view.query('SELECT 1'), fails('LS_ENOTFOUND', /closed/))
})

test('a client document has its default until it is set', () => {
  const store = open()
  assert.equal(store.document('Ui', 'x'), '{"filter":"all"}')
  store.commit(event('UiSet', { id: 'x', value: { filter: 'done' } }))
  assert.equal(store.document('Ui', 'x'), '{"filter":"done"}')
  assert.throws(() => store.document('None'), fails('LS_ENOTFOUND'))
})

test('the status counts events, and equal states have equal hashes', () => {
  const [a, b] = [open(), open()]
  assert.equal(a.stateHash(), b.stateHash())
  a.commit(added('a'))
  assert.notEqual(a.stateHash(), b.stateHash())
  b.commit(added('a'))
  assert.equal(a.stateHash(), b.stateHash())
  assert.equal(a.status().events, 1)
  assert.equal(a.status().head.global, 1)
})

test('long work tells how far it is, and is stopped by true', () => {
  let stop = false
  const told: string[] = []
  const store = open({
    onProgress(what) {
      told.push(what)
      return stop
    },
  })
  for (let i = 0; i < 3000; i++) store.commit(added(`t${i}`))
  stop = true
  assert.throws(() => store.history('todos', ['t1']), fails('LS_EABORT'))
  stop = false
  assert.equal(store.history('todos', ['t1']).length, 1)
  assert.ok(told.length > 0)
})

test('the store may be queried while it tells how far it is, without harm to what is being written', () => {
  const inside: Rows[] = []
  const store = open({ onProgress: () => void inside.push(store.query("SELECT 'inside', count(*) FROM todos")) })
  for (let i = 0; i < 3000; i++) store.commit(added(`t${i}`))
  assert.equal(store.history('todos', ['t5'])[0]?.change.after?.['text'], 'todo t5')
  assert.ok(inside.length > 0)
  assert.deepEqual(inside[0]?.rows, [['inside', 3000]])
})

test('memory grows while values are written and read', async () => {
  const own = await loadCore()
  const store = own.open({ schema: document() })
  const before = own.memoryBytes()
  const text = 'aé'.repeat(200_000)
  store.commit(added('a', text))
  assert.equal(one(store.query('SELECT text FROM todos')), text)
  assert.equal(one(store.query('SELECT ?1', [text.repeat(20)])), text.repeat(20))
  const blob = new Uint8Array(20_000_000).fill(7)
  const [row] = store.query('SELECT ?1, ?2', [blob, 'behind']).rows
  assert.deepEqual(row?.[0], blob)
  assert.equal(row?.[1], 'behind')
  assert.ok(own.memoryBytes() > before)
  assert.equal(one(store.query('SELECT count(*) FROM todos')), 1)
  store.close()
})

test('memory does not grow over many calls, stores and views', async () => {
  const own = await loadCore()
  const round = (): void => {
    const store = own.open({ schema: document() })
    for (let i = 0; i < 50; i++) store.commit(added(`t${i}`, 'x'.repeat(200)))
    const view = store.at(store.status().head)
    view.query('SELECT * FROM todos')
    assert.throws(() => store.query('SELECT nothing'))
    const live = store.live('all', 'SELECT * FROM todos', [])
    store.rows(live)
    store.subscribe(live, 'watch', true, () => {})
    store.undo(3)
    store.close()
  }
  for (let i = 0; i < 20; i++) round()
  const before = own.memoryBytes()
  for (let i = 0; i < 200; i++) round()
  assert.equal(own.memoryBytes(), before)
})

test('a closed store refuses what is asked of it', () => {
  const store = open()
  const view = store.at({ global: 0, client: 0, generation: 0 })
  store.close()
  store.close()
  assert.throws(() => store.query('SELECT 1'), fails('LS_ENOTFOUND', /closed/))
  assert.throws(() => store.commit('[]'), fails('LS_ENOTFOUND', /closed/))
  assert.throws(() => view.query('SELECT 1'), fails('LS_ENOTFOUND', /closed/))
})

test('ids are random, and as long as asked', () => {
  assert.match(core.nanoid(), /^[\w-]{21}$/)
  assert.equal(core.nanoid(5).length, 5)
  assert.notEqual(core.nanoid(), core.nanoid())
})

test('the module is taken compiled, as bytes, by its address, and from a server of the wrong type', async (t) => {
  const url = new URL('./livestore.wasm', import.meta.url)
  const bytes = await readFile(url)
  const served = (type: string) => async () => new Response(bytes, { headers: { 'content-type': type } })
  for (const source of [await compileCore(), bytes, url]) {
    assert.equal((await loadCore({ wasm: source })).version, core.version)
  }
  for (const type of ['application/wasm', 'text/html']) {
    t.mock.method(globalThis, 'fetch', served(type))
    assert.equal((await loadCore({ wasm: 'https://example.org/livestore.wasm' })).version, core.version)
  }
  t.mock.method(globalThis, 'fetch', async () => new Response('', { status: 404 }))
  await assert.rejects(loadCore({ wasm: 'https://example.org/none.wasm' }), fails('LS_ENOTFOUND', /404/))
})
