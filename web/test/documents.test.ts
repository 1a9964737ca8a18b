import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  makeSchema,
  mergeDefaults,
  Schema,
  SessionIdSymbol,
  State,
  type AnyTable,
  type LiveStoreSchema,
} from '../src/schema/index.js'
import { open, rows, sqlOf } from './lib/schema-tables.js'

const { clientDocument, makeState } = State.SQLite

const ui = clientDocument({
  name: 'UiState',
  schema: Schema.Struct({
    filter: Schema.Literal('all', 'active'),
    draft: Schema.String,
    note: Schema.optional(Schema.String),
  }),
  default: { id: SessionIdSymbol, value: { filter: 'all', draft: '' } },
})

const schemaOf = (...tables: AnyTable[]): LiveStoreSchema =>
  makeSchema({ events: [], state: makeState({ tables, materializers: {} }) })
const entryOf = (table: AnyTable): any => JSON.parse(schemaOf(table).document).documents[table.name]

test('CD-01 the set event has the id that is given, or the default one', () => {
  const fixed = clientDocument({ name: 'Fixed', schema: Schema.String, default: { id: 'static', value: '' } })
  assert.deepEqual(fixed.set('a', 'x'), { name: 'FixedSet', args: { id: 'x', value: 'a' } })
  assert.deepEqual(fixed.set('a'), { name: 'FixedSet', args: { id: 'static', value: 'a' } })
  assert.equal(fixed.set.name, 'FixedSet')
  assert.deepEqual([fixed.set.options.clientOnly, fixed.set.options.derived], [true, true])
})

test('CD-01 without a default id one is needed', () => {
  const free: any = clientDocument({ name: 'Free', schema: Schema.String, default: { value: '' } })
  assert.throws(() => free.set('a'), /"Free" has no default id/)
  assert.throws(() => free.get(), /"Free" has no default id/)
})

test('CD-02, CD-04, CD-10, CD-11 what is no struct, or not set by parts, is replaced as a whole', async () => {
  const make = <S extends Schema.Codec>(name: string, schema: S, value: any, partialSet = true) =>
    clientDocument({ name, schema, partialSet, default: { id: 'x', value } })
  const text = make('Text', Schema.String, 'none')
  const whole = make(
    'Whole',
    Schema.Struct({ a: Schema.String, b: Schema.optional(Schema.String) }),
    { a: '', b: 'b' },
    false,
  )
  const list = make('List', Schema.Array(Schema.Number), [])
  const any = make('Any', Schema.Any, null)
  const record = make('Record', Schema.Record({ key: Schema.String, value: Schema.Number }), {})
  const union = make('Union', Schema.Union(Schema.Struct({ a: Schema.String }), Schema.Struct({ b: Schema.String })), {
    a: '',
  })
  const all = [text, whole, list, any, record, union]
  for (const table of all) assert.equal(entryOf(table).replace, true, table.name)

  const store = await open(schemaOf(...all))
  const set = (table: any, value: unknown): unknown => {
    store.commit(table.set(value))
    return store.query(table.get())
  }
  assert.equal(store.query(text.get()), 'none')
  assert.equal(set(text, 'hello'), 'hello')
  assert.deepEqual(store.query(whole.get()), { a: '', b: 'b' })
  assert.deepEqual(set(whole, { a: 'x' }), { a: 'x' })
  assert.deepEqual(set(list, [1, 2]), [1, 2])
  assert.deepEqual(set(any, { anything: [1] }), { anything: [1] })
  assert.deepEqual(set(any, null), null)
  assert.deepEqual(set(record, { k: 1 }), { k: 1 })
  assert.deepEqual(set(record, { l: 2 }), { l: 2 })
  assert.deepEqual(set(union, { b: 'x' }), { b: 'x' })
})

test('CD-03 a part of a struct is merged into what is there', async () => {
  const store = await open(schemaOf(ui))
  store.commit(ui.set({ filter: 'active' }))
  assert.deepEqual(store.query(ui.get()), { filter: 'active', draft: '' })
  store.commit(ui.set({ draft: 'x', note: 'n' }))
  assert.deepEqual(store.query(ui.get()), { filter: 'active', draft: 'x', note: 'n' })
  assert.deepEqual(JSON.parse(store.core.document('UiState')), { filter: 'active', draft: 'x', note: 'n' })
})

test('CD-06 and CD-07 undefined keys are left out; none left changes nothing', async () => {
  const schema = schemaOf(ui)
  assert.deepEqual(schema.encodeEvent(ui.set({ filter: undefined as never, draft: 'x' }), 's'), {
    name: 'UiStateSet',
    args: { id: 's', value: { draft: 'x' } },
  })
  const store = await open(schema)
  store.commit(ui.set({ draft: 'x' }), ui.set({ draft: undefined as never }))
  assert.deepEqual(store.query(ui.get()), { filter: 'all', draft: 'x' })
})

test('EVD-12 the session symbol stays in the event, and is the id of the session in the row', async () => {
  const schema = schemaOf(ui)
  const store = await open(schema, 'session-7')
  const event = ui.set({ draft: 'x' })
  store.commit(event)
  assert.equal(event.args.id, SessionIdSymbol)
  assert.deepEqual(store.core.query('SELECT id FROM UiState').rows, [['session-7']])
  assert.equal(store.query(ui.get()).draft, 'x')
})

test('CD-20 sessions with the session id have a document each; a fixed id is shared', () => {
  const schema = schemaOf(ui)
  assert.notDeepEqual(schema.encodeEvent(ui.set({ draft: 'x' }), 'a'), schema.encodeEvent(ui.set({ draft: 'x' }), 'b'))
  assert.deepEqual(
    schema.encodeEvent(ui.set({ draft: 'x' }, 'same'), 'a'),
    schema.encodeEvent(ui.set({ draft: 'x' }, 'same'), 'b'),
  )
})

test('reading is one row by its id, and writes nothing', async () => {
  assert.deepEqual(sqlOf(ui.get('a')), ['SELECT * FROM "UiState" WHERE "id" = ?', ['a']])
  assert.deepEqual(sqlOf(ui.get()), ['SELECT * FROM "UiState" WHERE "id" = ?', [SessionIdSymbol]])
  assert.equal(ui.get().asQuery().label, 'UiState.get:sessionId')
  const store = await open(schemaOf(ui))
  assert.deepEqual(store.query(ui.get('a')), { filter: 'all', draft: '' })
  assert.deepEqual(store.query(ui.get('a', { default: { draft: 'mine' } })), { filter: 'all', draft: 'mine' })
  assert.deepEqual(store.query(ui), [])
})

const reads = (table: any, stored: unknown): unknown =>
  table
    .get('x')
    .asQuery()
    .decode(rows(['id', 'value'], ['x', typeof stored === 'string' ? stored : JSON.stringify(stored)]), '')

test('CD-12 and CD-17 what is stored is shown as far as it fits, the rest from the default', () => {
  const whole = clientDocument({
    name: 'Whole',
    schema: Schema.Struct({ a: Schema.String, at: Schema.NullOr(Schema.Date) }),
    partialSet: false,
    default: { value: { a: 'default', at: null } },
  })
  assert.deepEqual(reads(ui, { filter: 'active', draft: 'x', gone: 1 }), { filter: 'active', draft: 'x' })
  assert.deepEqual(reads(ui, { filter: 'other', draft: 'x' }), { filter: 'all', draft: 'x' })
  assert.deepEqual(reads(ui, { draft: 5 }), { filter: 'all', draft: '' })
  assert.deepEqual(reads(ui, 'not json'), { filter: 'all', draft: '' })
  assert.deepEqual(reads(ui, [1]), { filter: 'all', draft: '' })
  const at = '2024-01-01T00:00:00.000Z'
  assert.deepEqual(reads(whole, { a: 'x', at }), { a: 'x', at: new Date(at) })
  assert.deepEqual(reads(whole, { a: 5, at }), { a: 'default', at: new Date(at) })
  assert.deepEqual(reads(whole, { at }), { a: 'default', at: new Date(at) })
  assert.deepEqual(ui.asQuery().decode(rows(['id', 'value'], ['x', '{"draft":1}']), ''), [
    { id: 'x', value: { filter: 'all', draft: '' } },
  ])
})

test('CD-14 explicit defaults over those of the document', () => {
  assert.deepEqual(mergeDefaults({ a: 1, b: 2 }, { b: 3 }), { a: 1, b: 3 })
  assert.deepEqual(mergeDefaults({ a: 1, b: 2 }, { b: undefined }), { a: 1, b: 2 })
  assert.deepEqual(mergeDefaults({ a: 1 }, { c: 3 }), { a: 1, c: 3 })
  assert.equal(mergeDefaults('a', 'b'), 'b')
  assert.equal(mergeDefaults({ a: 1 }, null), null)
  assert.deepEqual(mergeDefaults({ a: { x: 1, y: 2 } }, { a: { x: 3 } }), { a: { x: 3 } })
  assert.deepEqual(mergeDefaults({ a: 1, n: 1 as number | null }, { n: null }), { a: 1, n: null })
})

test('CD-15 a key that may be missing and has no default survives a set', async () => {
  const store = await open(schemaOf(ui))
  store.commit(ui.set({ note: 'kept' }), ui.set({ draft: 'x' }))
  assert.deepEqual(store.query(ui.get()), { filter: 'all', draft: 'x', note: 'kept' })
})

test('CD-18 the arguments of an old set keep the keys that are known and fit', () => {
  const decode = (value: unknown): unknown => ui.set.schema.decode({ id: 'x', value })
  assert.deepEqual(decode({ filter: 'active', gone: 1 }), { id: 'x', value: { filter: 'active' } })
  assert.deepEqual(decode({ filter: 'gone', draft: 'x' }), { id: 'x', value: { draft: 'x' } })
  assert.deepEqual(decode('garbage'), { id: 'x', value: {} })
})

test('a value that does not fit is refused when the event is made', () => {
  assert.throws(
    () => ui.set({ filter: 'gone' as 'all' }),
    /event "UiStateSet": \$\.value\.filter: expected "all" or "active", got "gone"/,
  )
})

test('the document says what the library needs', () => {
  const fixed = clientDocument({
    name: 'F',
    schema: Schema.Struct({ at: Schema.Date }),
    default: { id: 'one', value: { at: new Date(0) } },
  })
  assert.deepEqual(entryOf(fixed), {
    value: { type: 'object', properties: { at: { type: 'string', format: 'date-time' } }, required: ['at'] },
    default: { at: '1970-01-01T00:00:00.000Z' },
    id: 'one',
    undo: false,
  })
  assert.equal(entryOf(ui).id, undefined)
})

test('a document is one of the tables, and its set may be listed among the events', () => {
  const listed = makeSchema({ events: { set: ui.set }, state: makeState({ tables: { ui }, materializers: {} }) })
  assert.deepEqual([...listed.events.keys()], ['UiStateSet'])
  assert.deepEqual(JSON.parse(listed.document).events, {})
})
