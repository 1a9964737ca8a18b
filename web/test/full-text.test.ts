/** Full-text search, which the package's second module has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStorePromise, Events, makeInMemoryAdapter, makeSchema, queryDb, Schema, State } from '../src/index.js'
import type { WasmSource } from '../src/index.js'

const notes = State.SQLite.table({
  name: 'notes',
  columns: { id: State.SQLite.integer({ primaryKey: true }), text: State.SQLite.text() },
})
const events = {
  written: Events.synced({ name: 'v1.NoteWritten', schema: Schema.Struct({ id: Schema.Number, text: Schema.String }) }),
  torn: Events.synced({ name: 'v1.NoteTorn', schema: Schema.Struct({ id: Schema.Number }) }),
}
const materializers = State.SQLite.materializers(events, {
  'v1.NoteWritten': ({ id, text }) => notes.insert({ id, text }).onConflict('id', 'replace'),
  'v1.NoteTorn': ({ id }) => notes.delete().where({ id }),
})
const statements = [
  `CREATE VIRTUAL TABLE words USING fts5(text, content='notes', content_rowid='id')`,
  `CREATE TRIGGER notes_in AFTER INSERT ON notes BEGIN
     INSERT INTO words (rowid, text) VALUES (new.id, new.text);
   END`,
  `CREATE TRIGGER notes_out AFTER DELETE ON notes BEGIN
     INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
   END`,
]
const schema = makeSchema({ events, state: State.SQLite.makeState({ tables: { notes }, materializers, statements }) })

const open = (wasm?: WasmSource) =>
  createStorePromise({ schema, storeId: 'notes', adapter: makeInMemoryAdapter({ ...(wasm && { wasm }) }) })

const found = (words: string) =>
  queryDb({
    query: 'SELECT n.id FROM words AS w JOIN notes AS n ON n.id = w.rowid WHERE words MATCH ? ORDER BY rank, n.id',
    bindValues: [words],
    schema: Schema.Array(Schema.Struct({ id: Schema.Number })),
  })

test('rows are found by their words, live', async () => {
  const store = await open(new URL('./livestore-fts5.wasm', import.meta.url))
  store.commit(events.written({ id: 1, text: 'Buy oat milk' }), events.written({ id: 2, text: 'Feed the cat' }))
  const seen: unknown[] = []
  const end = store.subscribe(found('milk'), (rows) => seen.push(rows.map(({ id }) => id)))
  store.commit(events.written({ id: 3, text: 'milk, milk and milk' }))
  store.commit(events.torn({ id: 1 }))
  assert.deepEqual(seen, [[1], [3, 1], [3]])
  assert.deepEqual(store.query(found('cat OR oat')), [{ id: 2 }])
  end()
  await store.shutdown()
})

test('the other module says which one has it', async () => {
  await assert.rejects(open(), /no such module: fts5; give the adapter livestore\/livestore-fts5\.wasm as `wasm`/)
})
