/** The schema that a worker opens its store with, for a page whose bundle reads differently. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadCore } from '../src/core/index.js'
import type { LogEvent } from '../src/core/types.js'
import type { LiveStoreSchema } from '../src/schema/index.js'
import { Events, makeSchema, Schema, State } from '../src/schema/index.js'
import { adoptSchema } from '../src/worker/schema.js'

const { SQLite } = State
const items = SQLite.table({ name: 'items', columns: { id: SQLite.text({ primaryKey: true }) } })
const other = SQLite.table({ name: 'other', columns: { id: SQLite.text({ primaryKey: true }) } })
const created = Events.synced({ name: 'v1.Created', schema: Schema.Struct({ id: Schema.String }) })
const events = { created }

type Handler = Parameters<typeof SQLite.materializers<typeof events>>[1]['v1.Created']

const schemaOf = (handler: Handler, tables: readonly (typeof items | typeof other)[] = [items]): LiveStoreSchema =>
  makeSchema({ events, state: SQLite.makeState({ tables, materializers: { 'v1.Created': handler } }) })

const page = schemaOf(({ id }) => items.insert({ id }))
const worker = schemaOf((minified) => [items.insert({ id: minified.id })])
const inSql = schemaOf('INSERT INTO items (id) VALUES (:id)')

test('functions that only read differently are run under the versions of the page', async () => {
  assert.notEqual(page.document, worker.document)
  const { schema, materializers, warning } = adoptSchema(page.document, worker)
  assert.equal(warning, undefined)
  assert.equal(schema, page.document)
  assert.equal(materializers['v1.Created']?.version, page.materializers['v1.Created']?.version)
  const statements: string[] = []
  const event = { args: { id: 'a' } } as unknown as LogEvent
  materializers['v1.Created']?.run(event, (sql) => (statements.push(sql), { columns: [], rows: [] }))
  assert.equal(statements.length, 1)

  const core = await loadCore()
  const [mine, theirs] = [
    core.open({ schema, materializers }),
    core.open({ schema: page.document, materializers: page.materializers }),
  ]
  assert.equal(mine.schemaHash, theirs.schemaHash)
  for (const store of [mine, theirs]) store.commit('[{"name":"v1.Created","args":{"id":"a"}}]')
  assert.equal(mine.stateHash(), theirs.stateHash())
  mine.close()
  theirs.close()
})

test('a page whose document is of SQL alone needs nothing of the worker', () => {
  assert.deepEqual(adoptSchema(inSql.document, worker), { schema: inSql.document, materializers: {} })
})

test('a function that the worker lacks is named, with what to do', () => {
  const expected = /no materializer function for the event "v1\.Created"; both have to import the same schema; reload/
  assert.throws(() => adoptSchema(page.document, inSql), expected)
})

test('functions of a schema with other tables are not run under the versions of the page', () => {
  const another = schemaOf(({ id }) => other.insert({ id }), [items, other])
  const { schema, materializers, warning } = adoptSchema(page.document, another)
  assert.equal(schema, another.document)
  assert.equal(materializers, another.materializers)
  assert.match(String(warning), /^The worker was built from another schema than the page: .* slow/)
})
