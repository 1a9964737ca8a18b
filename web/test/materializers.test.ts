import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Events, makeSchema, Schema, State, defineMaterializer } from '../src/schema/index.js'
import { sql } from '../src/query/index.js'
import { open } from './lib/schema-tables.js'

const { SQLite } = State
const items = SQLite.table({
  name: 'items',
  columns: {
    id: SQLite.text({ primaryKey: true }),
    previous: SQLite.json({ schema: Schema.Array(Schema.String) }),
    at: SQLite.datetime({ nullable: true }),
  },
})
const notes = SQLite.table({
  name: 'notes',
  columns: { id: SQLite.text({ primaryKey: true }), text: SQLite.text({ default: '' }) },
})
const events = {
  created: Events.synced({
    name: 'v1.Created',
    schema: Schema.Struct({ id: Schema.String, at: Schema.optional(Schema.Date) }),
  }),
}
type Handler = Parameters<typeof SQLite.materializers<typeof events>>[1]['v1.Created']

const storeWith = (handler: Handler) => {
  const schema = makeSchema({
    events,
    state: SQLite.makeState({
      tables: { items, notes },
      materializers: SQLite.materializers(events, { 'v1.Created': handler }),
    }),
  })
  return open(schema)
}
const create = (...ids: string[]) => ids.map((id) => events.created({ id }))

for (const [name, handler] of [
  [
    'MAT-01 raw SQL',
    ({ id }, { query }) =>
      items.insert({
        id,
        previous: query({ query: 'SELECT id FROM items WHERE id != $id ORDER BY id', bindValues: { id } }).map((row) =>
          String(row.id),
        ),
      }),
  ],
  [
    'MAT-02 a builder',
    ({ id }, { query }) => items.insert({ id, previous: query(items.select('id').orderBy('id', 'asc')) }),
  ],
] satisfies [string, Handler][]) {
  test(`${name} inside a materializer reads the tables as the events before left them`, async () => {
    const store = await storeWith(handler)
    store.commit(...create('a', 'b', 'c'))
    assert.deepEqual(store.query(items.select('previous').orderBy('id', 'asc')), [[], ['a'], ['a', 'b']])
  })
}

test('MAT-03 a materializer sees who wrote the event, and decoded arguments', async () => {
  const at = new Date(0)
  const store = await storeWith(({ id, at: decoded }, { event, eventDef, currentFacts }) => {
    assert.deepEqual(
      [event.name, event.args, event.sessionId, event.seqNum.global],
      ['v1.Created', { id: 'a', at }, 'session-1', 1],
    )
    assert.equal(eventDef, events.created)
    assert.equal(currentFacts.size, 0)
    return items.insert({ id, previous: [event.clientId], at: decoded ?? null })
  })
  store.commit(events.created({ id: 'a', at }))
  assert.deepEqual(store.query(items), [{ id: 'a', previous: ['client-1'], at }])
})

test('results of all forms, nested and empty', async () => {
  const store = await storeWith(({ id }) => [
    [
      items.insert({ id, previous: [] }),
      [],
      [[{ sql: 'INSERT INTO notes (id, text) VALUES ($id, $text)', bindValues: { id, text: `of ${id}` } }]],
    ],
    { sql: 'UPDATE notes SET text = text || ? WHERE id = ?', bindValues: ['!', id], writeTables: new Set(['notes']) },
    sql`INSERT INTO notes (id) VALUES ('plain')`,
  ])
  store.commit(...create('a'))
  assert.deepEqual(store.query(notes.orderBy('id', 'asc')), [
    { id: 'a', text: 'of a!' },
    { id: 'plain', text: '' },
  ])
  assert.equal(store.query(items.count()), 1)
})

test('what a materializer writes is given back, not run by its query', async () => {
  const store = await storeWith(({ id }, { query }) => {
    query(items.insert({ id, previous: [] }))
    return []
  })
  assert.throws(() => store.commit(...create('a')), /query\(\) only reads/)
  assert.equal(store.query(items.count()), 0)
})

test('a materializer that throws takes the commit back', async () => {
  const store = await storeWith(({ id }) => {
    if (id === 'bad') throw new Error('no bad ones')
    return items.insert({ id, previous: [] })
  })
  assert.throws(() => store.commit(...create('a', 'bad')), /no bad ones/)
  assert.equal(store.query(items.count()), 0)
  assert.throws(() => store.commit(events.created({ id: 'x' }), events.created({ id: 'x' })), /UNIQUE|items/)
})

test('what is no result is refused', async () => {
  const store = await storeWith((() => 5) as never)
  assert.throws(() => store.commit(...create('a')), /a materializer gives queries, SQL/)
})

test('SQL as a materializer is in the document, one statement or several', async () => {
  const store = await storeWith([
    `INSERT INTO items (id, previous, at) VALUES (:id, '[]', :at)`,
    'INSERT INTO notes (id) VALUES (:id)',
  ])
  const at = new Date(1000)
  store.commit(events.created({ id: 'a', at }))
  assert.deepEqual(store.query(items), [{ id: 'a', previous: [], at }])
  assert.equal(store.query(notes.count()), 1)
})

const versionOf = (handler: Handler): number | undefined =>
  makeSchema({ events, state: SQLite.makeState({ tables: { items }, materializers: { 'v1.Created': handler } }) })
    .materializers['v1.Created']?.version

test('the version of a function follows from its source, or is given', () => {
  const one = versionOf(({ id }) => items.insert({ id, previous: [] }))
  const same = versionOf(({ id }) => items.insert({ id, previous: [] }))
  const other = versionOf(({ id }) => items.insert({ id, previous: ['x'] }))
  assert.equal(one, same)
  assert.notEqual(one, other)
  assert.ok(Number.isInteger(one) && (one as number) >= 1 && (one as number) <= 0x7fffffff)
  assert.equal(versionOf({ version: 7, run: () => [] }), 7)
  assert.equal(versionOf('DELETE FROM items'), undefined)
})

test('defineMaterializer gives the function back', () => {
  const run = ({ id }: { id: string }) => items.insert({ id, previous: [] })
  assert.equal(defineMaterializer(events.created, run), run)
})
