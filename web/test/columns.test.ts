import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Effect from 'effect'
import { setFromEffect } from '../src/schema/convert.js'
import { fromEffect } from '../src/schema/effect.js'
import { makeSchema, Schema, State, type AnyColumn } from '../src/schema/index.js'
import { open, rows, schemaToRun, sqlOf } from './lib/schema-tables.js'

// As livestore/effect does.
setFromEffect(fromEffect)

const { SQLite } = State
const columnOf = (schema: any): AnyColumn => SQLite.getColumnDefForSchema(schema)
const date = new Date('2024-01-02T03:04:05.006Z')

interface Tree {
  readonly value: string
  readonly children: readonly Tree[]
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  value: Schema.String,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)),
})
const Shape = Schema.Union(
  Schema.TaggedStruct('circle', { r: Schema.Number }),
  Schema.TaggedStruct('square', { a: Schema.Number }),
)

const E = Effect.Schema

/** Case, schema, column type, a decoded value and what is stored for it. */
const TYPES: readonly (readonly [string, any, string, unknown, unknown])[] = [
  ['COL-01 string', Schema.String, 'text', 'a', 'a'],
  ['COL-02 number', Schema.Number, 'real', 1.5, 1.5],
  ['COL-03 boolean', Schema.Boolean, 'integer', true, 1],
  ['COL-03 boolean literal', Schema.Literal(true), 'integer', true, 1],
  ['COL-04 date', Schema.Date, 'text', date, date.toISOString()],
  ['COL-05 date in milliseconds', Schema.DateFromNumber, 'integer', date, date.getTime()],
  ['COL-06 bigint', Schema.BigInt, 'text', 12345678901234567890n, '12345678901234567890'],
  ['COL-07 int', Schema.Int, 'integer', 3, 3],
  ['COL-07 int in bounds', Schema.Int.pipe(Schema.between(1, 5)), 'integer', 3, 3],
  ['COL-07 number that is an int', Schema.Number.pipe(Schema.int()), 'integer', 3, 3],
  ['COL-08 restricted string', Schema.String.pipe(Schema.minLength(1), Schema.maxLength(9)), 'text', 'a', 'a'],
  ['COL-09 restricted number', Schema.Number.pipe(Schema.positive()), 'real', 2, 2],
  ['COL-11 number from a string', Schema.NumberFromString, 'text', 2, '2'],
  ['COL-12 struct', Schema.Struct({ a: Schema.Date }), 'text', { a: date }, `{"a":"${date.toISOString()}"}`],
  ['COL-12 array', Schema.Array(Schema.Number), 'text', [1, 2], '[1,2]'],
  ['COL-12 record', Schema.Record({ key: Schema.String, value: Schema.Number }), 'text', { a: 1 }, '{"a":1}'],
  ['COL-12 tuple', Schema.Tuple(Schema.String, Schema.Number), 'text', ['a', 1], '["a",1]'],
  ['COL-12 tagged union', Shape, 'text', { _tag: 'circle', r: 1 }, '{"_tag":"circle","r":1}'],
  ['COL-12 recursive', Tree, 'text', { value: 'a', children: [] }, '{"value":"a","children":[]}'],
  ['COL-12 unknown', Schema.Unknown, 'text', [1], '[1]'],
  ['COL-14 literal', Schema.Literal('a'), 'text', 'a', 'a'],
  ['COL-14 literals', Schema.Literal('a', 'b'), 'text', 'b', 'b'],
  ['COL-14 union of literals', Schema.Union(Schema.Literal('a'), Schema.Literal('b')), 'text', 'b', 'b'],
  ['COL-14 enum', Schema.Enums({ A: 'a', B: 'b' }), 'text', 'b', 'b'],
  ['COL-15 integer literals', Schema.Literal(1, 2, 3), 'integer', 2, 2],
  ['COL-16 fractional literals', Schema.Literal(1, 2.5), 'real', 2.5, 2.5],
  ['COL-16 one number literal', Schema.Literal(1), 'real', 1, 1],
  ['COL-17 bytes', Schema.Uint8Array, 'blob', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
  ['COL-21 null or text', Schema.NullOr(Schema.String), 'text', 'a', 'a'],
  ['COL-21 null or an int', Schema.NullOr(Schema.Int), 'integer', null, null],
  ['COL-22 null or a struct', Schema.NullOr(Schema.Struct({ a: Schema.Number })), 'text', { a: 1 }, '{"a":1}'],
  ['COL-23 another type', Schema.Int.pipe(SQLite.withColumnType('real')), 'real', 1, 1],
  ['COL-23 a number as text', SQLite.withColumnType(Schema.Number, 'text'), 'text', 1, '1'],
  [
    'COL-23 text as a blob',
    Schema.Uint8ArrayFromSelf.pipe(SQLite.withColumnType('blob')),
    'blob',
    Uint8Array.of(1),
    Uint8Array.of(1),
  ],
  ['COL-23 an integer', Schema.Number.pipe(SQLite.withColumnType('integer')), 'integer', 1, 1],
  ["Effect's string", E.String, 'text', 'a', 'a'],
  ["Effect's literals", E.Literal('a', 'b'), 'text', 'b', 'b'],
  ["Effect's boolean", E.Boolean, 'integer', false, 0],
  ["Effect's int", E.Int, 'integer', 1, 1],
  ["Effect's number", E.Number, 'real', 1, 1],
  ["Effect's date", E.Date, 'text', date, date.toISOString()],
  [
    "Effect's date in milliseconds",
    E.DateFromNumber.pipe(SQLite.withColumnType('integer')),
    'integer',
    date,
    date.getTime(),
  ],
  ["Effect's bytes", E.Uint8Array, 'blob', Uint8Array.of(1), Uint8Array.of(1)],
  ["Effect's struct", E.Struct({ a: E.NumberFromString }), 'text', { a: 1 }, '{"a":"1"}'],
  ["Effect's null or text", E.NullOr(E.String), 'text', null, null],
]

for (const [name, schema, type, value, stored] of TYPES) {
  test(`${name} is ${type}`, () => {
    const column = columnOf(schema)
    assert.equal(column.columnType, type)
    assert.deepEqual(column.schema.encode(value), stored)
    assert.deepEqual(column.schema.decode(stored), value)
    assert.equal(column.nullable, /null or/i.test(name))
  })
}

test('COL-36 a key that may be missing is nullable, and undefined again when it is read', () => {
  const users = SQLite.table({
    name: 'users',
    schema: Schema.Struct({
      id: Schema.String.pipe(SQLite.withPrimaryKey),
      email: Schema.optional(Schema.String),
      nick: Schema.UndefinedOr(Schema.String),
      age: Schema.optional(Schema.NullOr(Schema.Int)),
      meta: Schema.optional(Schema.Struct({ a: Schema.Number })),
    }),
  })
  assert.deepEqual(
    Object.values(users.columns).map((column) => column.nullable),
    [false, true, true, true, true],
  )
  const found = rows(['id', 'email', 'nick', 'age', 'meta'], ['1', null, null, null, null])
  assert.deepEqual(users.asQuery().decode(found, ''), [
    { id: '1', email: undefined, nick: undefined, age: null, meta: undefined },
  ])
  assert.deepEqual(sqlOf(users.insert({ id: '1', email: 'e', meta: { a: 1 } })), [
    'INSERT INTO "users" ("id", "email", "meta") VALUES (?, ?, ?)',
    ['1', 'e', '{"a":1}'],
  ])
})

test('a nullable column of a primary key is refused', () => {
  assert.throws(() => SQLite.text({ primaryKey: true, nullable: true }), /cannot be nullable/)
  assert.throws(() => columnOf(Schema.NullOr(Schema.String).pipe(SQLite.withPrimaryKey)), /cannot be nullable/)
})

test('COL-26 a numbered column is the primary key, and may be left out', () => {
  const t = SQLite.table({
    name: 't',
    schema: Schema.Struct({
      id: Schema.Int.pipe(SQLite.withPrimaryKey, SQLite.withAutoIncrement),
      text: Schema.String,
    }),
  })
  assert.ok(t.columns.id.autoIncrement)
  assert.deepEqual(sqlOf(t.insert({ text: 'a' })), ['INSERT INTO "t" ("text") VALUES (?)', ['a']])
  assert.throws(
    () =>
      SQLite.table({
        name: 't',
        columns: { id: SQLite.text({ primaryKey: true }), n: SQLite.integer({ autoIncrement: true }) },
      }),
    /"n" has autoIncrement/,
  )
})

test('COL-27 and MIG-07 a default is a value, or a function that is called for each insert', () => {
  let calls = 0
  const made = (): string => `made ${++calls}`
  const t = SQLite.table({
    name: 't',
    schema: Schema.Struct({
      id: Schema.String.pipe(SQLite.withPrimaryKey),
      a: Schema.Number.pipe(SQLite.withDefault(7)),
      b: SQLite.withDefault(Schema.String, made),
    }),
  })
  assert.equal(
    SQLite.makeColumnSpec(t.columns),
    '"id" text primary key, "a" real not null default 7, "b" text not null',
  )
  assert.equal(calls, 0)
  assert.deepEqual(sqlOf(t.insert({ id: '1' }))[1], ['1', 'made 1'])
  assert.deepEqual(sqlOf(t.insert({ id: '2' }))[1], ['2', 'made 2'])
  assert.deepEqual(sqlOf(t.insert({ id: '3', b: 'own' }))[1], ['3', 'own'])
})

test('MIG-07 what a function gives is encoded', () => {
  const t = SQLite.table({
    name: 't',
    columns: {
      id: SQLite.text({ primaryKey: true }),
      at: SQLite.datetime({ default: () => date }),
      tags: SQLite.json({ schema: Schema.Array(Schema.String), default: () => [] }),
    },
  })
  assert.deepEqual(sqlOf(t.insert({ id: '1' }))[1], ['1', date.toISOString(), '[]'])
})

test('COL-28 unique keys get an index, beside those that are given', () => {
  const users = SQLite.table({
    name: 'users',
    schema: Schema.Struct({
      id: Schema.String.pipe(SQLite.withPrimaryKey),
      email: Schema.String.pipe(SQLite.withUnique),
    }),
    indexes: [{ name: 'own', columns: ['email'] }],
  })
  assert.deepEqual(users.indexes, [
    { name: 'own', columns: ['email'] },
    { name: 'idx_users_email_unique', columns: ['email'], isUnique: true },
  ])
  assert.throws(
    () =>
      SQLite.table({
        name: 't',
        columns: { id: SQLite.text({ primaryKey: true }) },
        indexes: [{ name: 'i', columns: ['nope' as 'id'] }],
      }),
    /no column "nope"/,
  )
})

test('COL-30 the name of a table: given, else the title, else the identifier, else an error', () => {
  const fields = { id: Schema.String.pipe(SQLite.withPrimaryKey) }
  const both = Schema.Struct(fields).annotations({ identifier: 'Ident', title: 'titled' })
  assert.equal(SQLite.table({ schema: both }).name, 'titled')
  assert.equal(SQLite.table({ schema: Schema.Struct(fields).annotations({ identifier: 'Ident' }) }).name, 'Ident')
  assert.equal(SQLite.table({ name: 'given', schema: both }).name, 'given')
  assert.throws(() => SQLite.table({ schema: Schema.Struct(fields) }), /needs `name`/)
  assert.equal(
    SQLite.table({ schema: E.Struct({ id: E.String.pipe(SQLite.withPrimaryKey) }).annotations({ title: 'effects' }) })
      .name,
    'effects',
  )
})

test('COL-31 one column alone is named value', () => {
  const t = SQLite.table({ name: 't', columns: SQLite.text({ primaryKey: true }) })
  assert.deepEqual(Object.keys(t.columns), ['value'])
  assert.deepEqual(sqlOf(t.insert({ value: 'a' })), ['INSERT INTO "t" ("value") VALUES (?)', ['a']])
})

test('COL-37 and MIG-01 how columns are declared', () => {
  const spec = (columns: Record<string, AnyColumn>): string => SQLite.makeColumnSpec(columns)
  assert.equal(
    spec({ id: SQLite.text({ primaryKey: true }), group: SQLite.text() }),
    '"id" text primary key, "group" text not null',
  )
  assert.equal(spec({ id: SQLite.integer({ primaryKey: true, autoIncrement: true }) }), '"id" integer primary key')
  assert.equal(
    spec({ a: SQLite.text({ primaryKey: true }), b: SQLite.text({ primaryKey: true }) }),
    '"a" text not null, "b" text not null, PRIMARY KEY ("a", "b")',
  )
  assert.equal(
    spec({
      n: SQLite.integer({ default: 0 }),
      b: SQLite.boolean({ default: true }),
      t: SQLite.text({ default: "it's" }),
    }),
    `"n" integer not null default 0, "b" integer not null default 1, "t" text not null default 'it''s'`,
  )
  assert.equal(spec({ s: SQLite.integer({ default: { sql: '(1 + 1)' } }) }), '"s" integer not null default (1 + 1)')
  assert.equal(
    spec({ n: SQLite.text({ nullable: true, default: null }), e: SQLite.text({ default: '' }) }),
    `"n" text default null, "e" text not null default ''`,
  )
  assert.equal(
    spec({
      j: SQLite.json({ default: { a: 1 } }),
      x: SQLite.blob({ default: Uint8Array.of(1, 255) }),
      d: SQLite.datetime({ default: date }),
    }),
    `"j" text not null default '{"a":1}', "x" blob not null default x'01ff', ` +
      `"d" text not null default '${date.toISOString()}'`,
  )
  assert.equal(spec({ 'a "b"': SQLite.real({ nullable: true }) }), '"a ""b""" real')
})

test('the library takes tables of all kinds of columns, and gives back what was put in', async () => {
  const all = SQLite.table({
    name: 'all "kinds"',
    columns: {
      id: SQLite.integer({ primaryKey: true, autoIncrement: true }),
      t: SQLite.text({ default: "it's" }),
      i: SQLite.integer(),
      r: SQLite.real(),
      x: SQLite.blob(),
      j: SQLite.json({ default: { a: [1] } }),
      d: SQLite.datetime(),
      m: SQLite.datetimeInteger(),
      b: SQLite.boolean(),
      n: SQLite.json({ nullable: true, default: null }),
    },
    indexes: [{ name: 'by t', columns: ['t', 'i'], isUnique: true }],
  })
  const { schema, run } = schemaToRun({ all })
  const store = await open(schema)
  const row = { i: 1, r: 2, x: Uint8Array.of(0, 9), d: date, m: date, b: true }
  store.commit(run(() => [all.insert(row), all.insert({ ...row, i: 2, j: null, n: 'x' })]))
  assert.deepEqual(store.query(all), [
    { id: 1, t: "it's", j: { a: [1] }, n: null, ...row },
    { id: 2, t: "it's", j: null, n: 'x', ...row, i: 2 },
  ])
})

test('MIG-02 a json column whose default is null is null', async () => {
  const t = SQLite.table({
    name: 't',
    columns: { id: SQLite.text({ primaryKey: true }), j: SQLite.json({ nullable: true, default: null }) },
  })
  const { schema, run } = schemaToRun({ t })
  const store = await open(schema)
  store.commit(run(() => t.insert({ id: '1' })))
  assert.deepEqual(store.core.query('SELECT j FROM t').rows, [[null]])
  assert.deepEqual(store.query(t.select('j')), [null])
})

test('two tables, or two indexes, of one name are refused', () => {
  const t = (name: string, index: string) =>
    SQLite.table({
      name,
      columns: { id: SQLite.text({ primaryKey: true }) },
      indexes: [{ name: index, columns: ['id'] }],
    })
  assert.throws(
    () => SQLite.makeState({ tables: [t('a', 'i'), t('a', 'j')], materializers: {} }),
    /two tables have the name "a"/,
  )
  assert.throws(
    () => SQLite.makeState({ tables: [t('a', 'i'), t('b', 'i')], materializers: {} }),
    /two indexes have the name "i"/,
  )
})

test('statements beside the tables are in the schema', async () => {
  const t = SQLite.table({ name: 't', columns: { id: SQLite.text({ primaryKey: true }) } })
  const schema = makeSchema({
    events: [],
    state: SQLite.makeState({ tables: { t }, materializers: {}, statements: ['CREATE VIEW v AS SELECT id FROM t'] }),
  })
  assert.deepEqual((await open(schema)).core.query('SELECT * FROM v').rows, [])
})
