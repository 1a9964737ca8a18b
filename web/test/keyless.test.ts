/** Tables without a primary key: rows that are equal are rows of their own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyColumn } from '../src/index.js'
import { createStorePromise, Events, makeInMemoryAdapter, makeSchema, Schema, State } from '../src/index.js'

const { SQLite } = State
const tags = SQLite.table({
  name: 'tags',
  columns: { note: SQLite.text(), tag: SQLite.text({ default: 'new' }), at: SQLite.datetime({ nullable: true }) },
  indexes: [{ name: 'by_note', columns: ['note'] }],
})
const Tag = Schema.Struct({ note: Schema.String, tag: Schema.String })
const events = {
  added: Events.synced({ name: 'v1.TagAdded', schema: Tag }),
  removed: Events.synced({ name: 'v1.TagRemoved', schema: Tag }),
  renamed: Events.synced({ name: 'v1.TagRenamed', schema: Schema.Struct({ from: Schema.String, to: Schema.String }) }),
}
const materializers = SQLite.materializers(events, {
  'v1.TagAdded': (tag) => tags.insert(tag),
  'v1.TagRemoved': (tag) => tags.delete().where(tag),
  'v1.TagRenamed': ({ from, to }) => tags.update({ tag: to }).where({ tag: from }),
})
const schema = makeSchema({ events, state: SQLite.makeState({ tables: { tags }, materializers }) })
const row = (note: string, tag: string) => ({ note, tag, at: null })

test('SQLite numbers the rows under a name that no column has', () => {
  const statement = (columns: Record<string, AnyColumn>) =>
    SQLite.makeState({ tables: [SQLite.table({ name: 't', columns })], materializers: {} }).sqlite.statements
  assert.deepEqual(statement({ a: SQLite.text() }), [
    'CREATE TABLE "t" ("rowid" integer primary key, "a" text not null) STRICT',
  ])
  assert.deepEqual(statement({ RowId: SQLite.text(), oid: SQLite.text() }), [
    'CREATE TABLE "t" ("_rowid_" integer primary key, "RowId" text not null, "oid" text not null) STRICT',
  ])
  assert.deepEqual(statement({ a: SQLite.text(), b: SQLite.integer({ primaryKey: true }) }), [
    'CREATE TABLE "t" ("a" text not null, "b" integer primary key) STRICT',
  ])
})

test('queries of a table give its columns, and count rows that are equal', async () => {
  const store = await createStorePromise({ schema, storeId: 'tags', adapter: makeInMemoryAdapter() })
  const seen: unknown[] = []
  const end = store.subscribe(tags.where({ note: 'a' }), (rows) => seen.push(rows))
  store.commit(
    events.added(row('a', 'new')), events.added(row('a', 'new')), events.added(row('b', 'old')),
  )
  assert.deepEqual(seen, [[], [row('a', 'new'), row('a', 'new')]])
  assert.deepEqual(store.query(tags), [row('a', 'new'), row('a', 'new'), row('b', 'old')])
  assert.deepEqual(store.query(tags.where({ note: 'b' }).first()), row('b', 'old'))
  assert.equal(store.query(tags.count()), 3)
  end()
  await store.shutdown()
})

test('undo puts rows back where they were', async () => {
  const store = await createStorePromise({ schema, storeId: 'tags', adapter: makeInMemoryAdapter() })
  store.commit(events.added(row('a', 'new')), events.added(row('b', 'new')), events.added(row('a', 'new')))
  store.commit(events.removed({ note: 'a', tag: 'new' }))
  store.commit(events.renamed({ from: 'new', to: 'old' }))
  assert.deepEqual(store.query(tags), [row('b', 'old')])
  store.undo(2)
  assert.deepEqual(store.query(tags), [row('a', 'new'), row('b', 'new'), row('a', 'new')])
  const changes = await store.eventChanges('e4')
  assert.deepEqual(changes.map(({ op, before }) => [op, before?.rowid]), [['delete', 1], ['delete', 3]])
  await store.shutdown()
})
