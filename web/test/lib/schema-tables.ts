/** Tables of the query builder's tests, and a real library to run what it makes. */
import { after } from 'node:test'
import { loadCore, type CoreStore, type SqlValue } from '../../src/core/index.js'
import type { Rows } from '../../src/core/types.js'
import { resolveParams, type QueryBuilder } from '../../src/query/index.js'
import { Events, makeSchema, Schema, State, type EventInstance, type LiveStoreSchema } from '../../src/schema/index.js'

const { SQLite } = State

export const todos = SQLite.table({
  name: 'todos',
  columns: {
    id: SQLite.text({ primaryKey: true }),
    text: SQLite.text({ default: '' }),
    completed: SQLite.boolean({ default: false }),
    status: SQLite.text({ schema: Schema.Literal('active', 'completed') }),
    deletedAt: SQLite.datetime({ nullable: true }),
  },
})

export const issue = SQLite.table({
  name: 'issue',
  columns: {
    id: SQLite.integer({ primaryKey: true }),
    title: SQLite.text({ default: '' }),
    creator: SQLite.text({ default: '' }),
    priority: SQLite.integer({ schema: Schema.Literal(0, 1, 2, 3, 4), default: 0 }),
    created: SQLite.integer({ schema: Schema.DateFromNumber }),
    deleted: SQLite.datetimeInteger({ nullable: true }),
    modified: SQLite.datetimeInteger(),
    kanbanorder: SQLite.text({ default: '' }),
  },
  indexes: [{ name: 'issue_created', columns: ['created'] }],
})

export const selections = SQLite.table({
  name: 'selections',
  columns: { id: SQLite.integer({ primaryKey: true }), group: SQLite.text(), 'a "b"': SQLite.text({ nullable: true }) },
})

export const profiles = SQLite.table({
  name: 'person_profiles',
  columns: {
    personId: SQLite.text({ primaryKey: true }),
    sources: SQLite.json({ schema: Schema.Array(Schema.Literal('google', 'linkedin', 'facebook')), default: [] }),
    attributes: SQLite.json({
      schema: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.String })),
      default: [],
    }),
    flags: SQLite.json({ schema: Schema.Array(Schema.Boolean), default: [] }),
    optionalTags: SQLite.json({ schema: Schema.Array(Schema.String), nullable: true }),
    value: SQLite.json({ schema: Schema.Array(Schema.String), nullable: true }),
  },
})

export const pairs = SQLite.table({
  name: "p'airs",
  columns: {
    a: SQLite.text({ primaryKey: true }),
    b: SQLite.text({ primaryKey: true }),
    note: SQLite.text({ nullable: true }),
  },
})

export const tables = { todos, issue, selections, profiles, pairs }

/** What SQL and parameters a query has, in the forms of asSql. */
export const sqlOf = (query: QueryBuilder): [string, readonly unknown[]] => {
  const { query: sql, bindValues } = query.asSql()
  return [sql, bindValues]
}

/** A row set as the library gives it. */
export const rows = (columns: readonly string[], ...values: readonly (readonly SqlValue[])[]): Rows => ({
  columns,
  rows: values,
})

export interface Opened {
  readonly core: CoreStore
  commit(...events: readonly EventInstance[]): void
  query<R>(query: QueryBuilder<R>): R
}

const loading = loadCore()

/** A store in memory with a schema, closed when the tests of the file are over. */
export const open = async (schema: LiveStoreSchema, sessionId = 'session-1'): Promise<Opened> => {
  const core = (await loading).open({
    schema: schema.document,
    materializers: schema.materializers,
    storeId: 'test',
    clientId: 'client-1',
    sessionId,
  })
  after(() => core.close())
  return {
    core,
    commit: (...events) =>
      void core.commit(JSON.stringify(events.map((event) => schema.encodeEvent(event, sessionId)))),
    query(query) {
      const { sql, params, decode } = query.asQuery()
      return decode(core.query(sql, resolveParams(params, sessionId)), sessionId)
    },
  }
}

const ran = Events.synced({ name: 'Ran', schema: Schema.Struct({ n: Schema.Number }) })

/** A schema of tables alone, whose one event runs whatever statements the test gives. */
export const schemaToRun = (
  all: Record<string, any> = tables,
): { schema: LiveStoreSchema; run: (make: () => any) => EventInstance } => {
  const made: (() => any)[] = []
  const schema = makeSchema({
    events: { ran },
    state: SQLite.makeState({
      tables: all,
      materializers: SQLite.materializers({ ran }, { Ran: { version: 1, run: ({ n }) => made[n]?.() } }),
    }),
  })
  return { schema, run: (make) => ran({ n: made.push(make) - 1 }) }
}
