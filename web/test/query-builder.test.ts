import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueryBuilder } from '../src/query/index.js'
import { asCompiled, isQueryBuilder, resolveParams, sql } from '../src/query/index.js'
import { Schema, SessionIdSymbol, State } from '../src/schema/index.js'
import { issue, open, pairs, profiles, rows, schemaToRun, selections, sqlOf, todos } from './lib/schema-tables.js'

const date = new Date('2024-01-01')

/** Every query of these cases is prepared by SQLite, too (QB-38). */
const CASES: readonly (readonly [string, QueryBuilder, string, readonly unknown[]])[] = [
  ['QB-01 a table is all of its rows', todos, 'SELECT * FROM "todos"', []],
  ['QB-02 one column', todos.select('id'), 'SELECT "id" FROM "todos"', []],
  ['QB-03 some columns', todos.select('id', 'text'), 'SELECT "id", "text" FROM "todos"', []],
  ['QB-04 first', todos.select('id', 'text').first(), 'SELECT "id", "text" FROM "todos" LIMIT ?', [1]],
  ['QB-04 first or an error', todos.first({ behaviour: 'error' }), 'SELECT * FROM "todos" LIMIT ?', [1]],
  ['QB-04 first after offset', todos.offset(2).first(), 'SELECT * FROM "todos" LIMIT ? OFFSET ?', [1, 2]],
  [
    'QB-05 equality',
    todos.select('id').where('completed', true),
    'SELECT "id" FROM "todos" WHERE "completed" = ?',
    [1],
  ],
  ['QB-05 inequality', todos.where('completed', '!=', true), 'SELECT * FROM "todos" WHERE "completed" != ?', [1]],
  [
    'QB-05 conditions as an object',
    todos.where({ completed: true }),
    'SELECT * FROM "todos" WHERE "completed" = ?',
    [1],
  ],
  ['QB-05 undefined conditions are left out', todos.where({ completed: undefined }), 'SELECT * FROM "todos"', []],
  [
    'QB-06 an operator in an object',
    todos.where({ deletedAt: { op: '<=', value: date } }),
    'SELECT * FROM "todos" WHERE "deletedAt" <= ?',
    ['2024-01-01T00:00:00.000Z'],
  ],
  [
    'QB-07 IN',
    todos.where({ status: { op: 'IN', value: ['active'] } }),
    'SELECT * FROM "todos" WHERE "status" IN (?)',
    ['active'],
  ],
  [
    'QB-07 NOT IN',
    todos.where('status', 'NOT IN', ['active', 'completed']),
    'SELECT * FROM "todos" WHERE "status" NOT IN (?, ?)',
    ['active', 'completed'],
  ],
  ['QB-07 IN nothing', todos.where('status', 'IN', []), 'SELECT * FROM "todos" WHERE 0=1', []],
  ['QB-07 NOT IN nothing', todos.where('status', 'NOT IN', []), 'SELECT * FROM "todos" WHERE 1=1', []],
  [
    'QB-08 several wheres hold all',
    todos
      .where({ completed: false })
      .where({ status: { op: 'IN', value: ['active'] } })
      .where({ deletedAt: undefined }),
    'SELECT * FROM "todos" WHERE "completed" = ? AND "status" IN (?)',
    [0, 'active'],
  ],
  [
    'QB-09 limit comes before offset',
    todos.where('completed', true).offset(5).limit(10),
    'SELECT * FROM "todos" WHERE "completed" = ? LIMIT ? OFFSET ?',
    [1, 10, 5],
  ],
  [
    'QB-10 offset alone',
    todos.where('completed', true).offset(5),
    'SELECT * FROM "todos" WHERE "completed" = ? LIMIT -1 OFFSET ?',
    [1, 5],
  ],
  [
    'QB-11 limit alone',
    todos.where('completed', true).limit(10),
    'SELECT * FROM "todos" WHERE "completed" = ? LIMIT ?',
    [1, 10],
  ],
  ['QB-12 count', todos.count(), 'SELECT COUNT(*) as count FROM "todos"', []],
  [
    'QB-12 count with conditions',
    todos.count().where('completed', true),
    'SELECT COUNT(*) as count FROM "todos" WHERE "completed" = ?',
    [1],
  ],
  [
    'QB-12 conditions, counted',
    todos.where('completed', true).orderBy('id', 'asc').count(),
    'SELECT COUNT(*) as count FROM "todos" WHERE "completed" = ?',
    [1],
  ],
  ['QB-13 null', todos.where('deletedAt', '=', null), 'SELECT * FROM "todos" WHERE "deletedAt" IS NULL', []],
  [
    'QB-13 not null',
    todos.where({ deletedAt: { op: '!=', value: null } }),
    'SELECT * FROM "todos" WHERE "deletedAt" IS NOT NULL',
    [],
  ],
  ['QB-14 order', todos.orderBy('completed', 'desc'), 'SELECT * FROM "todos" ORDER BY "completed" desc', []],
  [
    'QB-14 order as a list',
    todos.orderBy([{ col: 'completed', direction: 'desc' }]),
    'SELECT * FROM "todos" ORDER BY "completed" desc',
    [],
  ],
  ['QB-14 an empty order', todos.orderBy([]), 'SELECT * FROM "todos"', []],
  [
    'QB-41 orders add up',
    issue.orderBy('priority', 'asc').orderBy('created', 'desc'),
    'SELECT * FROM "issue" ORDER BY "priority" asc, "created" desc',
    [],
  ],
  ['QB-49 NOT LIKE', todos.where('text', 'NOT LIKE', 'a%'), 'SELECT * FROM "todos" WHERE "text" NOT LIKE ?', ['a%']],
  [
    'ILIKE is LIKE, which does not mind case',
    todos.where({ text: { op: 'ILIKE', value: 'a%' } }),
    'SELECT * FROM "todos" WHERE "text" LIKE ?',
    ['a%'],
  ],
  [
    'NOT ILIKE; a pattern need not be one of the literals',
    todos.where('status', 'NOT ILIKE', 'act%'),
    'SELECT * FROM "todos" WHERE "status" NOT LIKE ?',
    ['act%'],
  ],
  [
    'QB-52 list order, limit and offset',
    todos
      .orderBy([
        { col: 'text', direction: 'asc' },
        { col: 'id', direction: 'desc' },
      ])
      .limit(2)
      .offset(4),
    'SELECT * FROM "todos" ORDER BY "text" asc, "id" desc LIMIT ? OFFSET ?',
    [2, 4],
  ],
  [
    'QB-15 JSON_CONTAINS',
    profiles.where({ sources: { op: 'JSON_CONTAINS', value: 'google' } }),
    'SELECT * FROM "person_profiles" WHERE EXISTS (SELECT 1 FROM json_each("sources") WHERE value = ?)',
    ['google'],
  ],
  [
    'QB-16 JSON_NOT_CONTAINS',
    profiles.select('personId').where('sources', 'JSON_NOT_CONTAINS', 'google'),
    'SELECT "personId" FROM "person_profiles" WHERE NOT EXISTS (SELECT 1 FROM json_each("sources") WHERE value = ?)',
    ['google'],
  ],
  [
    'QB-17 an object is an element',
    profiles.where({ attributes: { op: 'JSON_CONTAINS', value: { key: 'language', value: 'c' } } }),
    'SELECT * FROM "person_profiles" WHERE EXISTS (SELECT 1 FROM json_each("attributes") WHERE value = ?)',
    ['{"key":"language","value":"c"}'],
  ],
  [
    'QB-17 a boolean is an element',
    profiles.where('flags', 'JSON_CONTAINS', true),
    'SELECT * FROM "person_profiles" WHERE EXISTS (SELECT 1 FROM json_each("flags") WHERE value = ?)',
    [1],
  ],
  [
    'QB-18 both',
    profiles
      .where({ sources: { op: 'JSON_CONTAINS', value: 'google' } })
      .where('sources', 'JSON_NOT_CONTAINS', 'facebook'),
    'SELECT * FROM "person_profiles" WHERE EXISTS (SELECT 1 FROM json_each("sources") WHERE value = ?) ' +
      'AND NOT EXISTS (SELECT 1 FROM json_each("sources") WHERE value = ?)',
    ['google', 'facebook'],
  ],
  [
    'QB-19 a nullable array',
    profiles.where('optionalTags', 'JSON_CONTAINS', 'a'),
    'SELECT * FROM "person_profiles" WHERE EXISTS (SELECT 1 FROM json_each("optionalTags") WHERE value = ?)',
    ['a'],
  ],
  [
    'a column with the name of one of json_each',
    profiles.where('value', 'JSON_CONTAINS', 'a'),
    'SELECT * FROM "person_profiles" WHERE EXISTS (SELECT 1 FROM json_each("person_profiles"."value") WHERE value = ?)',
    ['a'],
  ],
  [
    'QB-21 insert',
    todos.insert({ id: '123', text: 'Buy milk', status: 'active' }),
    'INSERT INTO "todos" ("id", "text", "status") VALUES (?, ?, ?)',
    ['123', 'Buy milk', 'active'],
  ],
  [
    'QB-22 insert in the order given, with dates',
    issue.insert({ id: 1, title: 'R', priority: 2, created: date, modified: date, kanbanorder: 'a', creator: 'x' }),
    'INSERT INTO "issue" ("id", "title", "priority", "created", "modified", "kanbanorder", "creator") ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?)',
    [1, 'R', 2, date.getTime(), date.getTime(), 'a', 'x'],
  ],
  [
    'undefined is not inserted',
    todos.insert({ id: '1', text: undefined, status: 'active' }),
    'INSERT INTO "todos" ("id", "status") VALUES (?, ?)',
    ['1', 'active'],
  ],
  [
    'null is inserted',
    todos.insert({ id: '1', status: 'active', deletedAt: null }),
    'INSERT INTO "todos" ("id", "status", "deletedAt") VALUES (?, ?, ?)',
    ['1', 'active', null],
  ],
  [
    'QB-23 update',
    todos.update({ status: 'completed' }).where({ id: '123' }),
    'UPDATE "todos" SET "status" = ? WHERE "id" = ?',
    ['completed', '123'],
  ],
  [
    'QB-24 several columns keep their order',
    todos.update({ text: 'x', completed: true, deletedAt: null }).where({ id: '1' }),
    'UPDATE "todos" SET "text" = ?, "completed" = ?, "deletedAt" = ? WHERE "id" = ?',
    ['x', 1, null, '1'],
  ],
  ['an update of all rows', todos.update({ completed: true }), 'UPDATE "todos" SET "completed" = ?', [1]],
  [
    'QB-25 delete',
    todos.delete().where({ status: 'completed' }),
    'DELETE FROM "todos" WHERE "status" = ?',
    ['completed'],
  ],
  ['a delete of all rows', todos.delete(), 'DELETE FROM "todos"', []],
  [
    'QB-26 conflict: ignore',
    todos.insert({ id: '1', status: 'active' }).onConflict('id', 'ignore'),
    'INSERT INTO "todos" ("id", "status") VALUES (?, ?) ON CONFLICT ("id") DO NOTHING',
    ['1', 'active'],
  ],
  [
    'QB-26 conflict: update',
    todos.insert({ id: '1', status: 'active' }).onConflict('id', 'update', { text: 'x', status: 'completed' }),
    'INSERT INTO "todos" ("id", "status") VALUES (?, ?) ON CONFLICT ("id") DO UPDATE SET "text" = ?, "status" = ?',
    ['1', 'active', 'x', 'completed'],
  ],
  [
    'QB-26 conflict: replace',
    todos.insert({ id: '1', status: 'active' }).onConflict('id', 'replace'),
    'INSERT OR REPLACE INTO "todos" ("id", "status") VALUES (?, ?)',
    ['1', 'active'],
  ],
  [
    'QB-36 conflict: undefined is what was to be inserted',
    todos.insert({ id: '1', status: 'active' }).onConflict('id', 'update', { status: undefined }),
    'INSERT INTO "todos" ("id", "status") VALUES (?, ?) ON CONFLICT ("id") DO UPDATE SET "status" = excluded."status"',
    ['1', 'active'],
  ],
  [
    'QB-27 conflict on two columns',
    pairs.insert({ a: '1', b: '2' }).onConflict(['a', 'b'], 'ignore'),
    'INSERT INTO "p\'airs" ("a", "b") VALUES (?, ?) ON CONFLICT ("a", "b") DO NOTHING',
    ['1', '2'],
  ],
  [
    'QB-28 a reserved name',
    selections.insert({ id: 1, group: 'g' }).onConflict('id', 'update', { group: 'h' }),
    'INSERT INTO "selections" ("id", "group") VALUES (?, ?) ON CONFLICT ("id") DO UPDATE SET "group" = ?',
    [1, 'g', 'h'],
  ],
  [
    'QB-28 a reserved name in an update',
    selections.update({ group: 'g' }).where({ id: 1 }),
    'UPDATE "selections" SET "group" = ? WHERE "id" = ?',
    ['g', 1],
  ],
  [
    'QB-29 insert returning',
    todos.insert({ id: '1', status: 'active' }).returning('id'),
    'INSERT INTO "todos" ("id", "status") VALUES (?, ?) RETURNING "id"',
    ['1', 'active'],
  ],
  [
    'QB-29 update returning',
    todos.update({ text: 'x' }).where({ id: '1' }).returning('id', 'text'),
    'UPDATE "todos" SET "text" = ? WHERE "id" = ? RETURNING "id", "text"',
    ['x', '1'],
  ],
  [
    'QB-29 delete returning',
    todos.delete().where({ id: '1' }).returning('id'),
    'DELETE FROM "todos" WHERE "id" = ? RETURNING "id"',
    ['1'],
  ],
  [
    'QB-30 where before delete',
    todos.where({ status: 'completed', deletedAt: null }).delete(),
    'DELETE FROM "todos" WHERE "status" = ? AND "deletedAt" IS NULL',
    ['completed'],
  ],
  [
    'QB-30 where before update',
    todos.where({ id: '1' }).update({ text: 'x' }),
    'UPDATE "todos" SET "text" = ? WHERE "id" = ?',
    ['x', '1'],
  ],
  [
    'QB-37 a double quote in a name',
    selections.select('a "b"').where('a "b"', 'x'),
    'SELECT "a ""b""" FROM "selections" WHERE "a ""b""" = ?',
    ['x'],
  ],
]

for (const [name, query, expected, params] of CASES) {
  test(name, () => {
    const { query: text, bindValues, usedTables } = query.asSql()
    assert.equal(text, expected)
    assert.deepEqual(bindValues, params)
    assert.equal(usedTables.size, 1)
    assert.equal(String(query), expected)
  })
}

test('QB-38 SQLite takes every query of these cases', async () => {
  const { schema, run } = schemaToRun()
  const store = await open(schema)
  for (const [name, query] of CASES) {
    const { sql: text, params, writes } = query.asQuery()
    if (!writes) assert.doesNotThrow(() => store.core.query(text, resolveParams(params, 's')), name)
    else
      assert.doesNotThrow(
        () => store.commit(run(() => [todos.delete(), issue.delete(), selections.delete(), pairs.delete(), query])),
        name,
      )
  }
})

test('QB-04 first gives the row, undefined, an error or the fallback', () => {
  const found = rows(['id', 'text'], ['1', 'a'])
  const none = rows(['id', 'text'])
  const query = todos.select('id', 'text')
  assert.deepEqual(query.first().asQuery().decode(found, ''), { id: '1', text: 'a' })
  assert.equal(query.first().asQuery().decode(none, ''), undefined)
  assert.throws(() => query.first({ behaviour: 'error' }).asQuery().decode(none, ''), /no row of "todos"/)
  assert.equal(
    query
      .first({ behaviour: 'fallback', fallback: () => 7 })
      .asQuery()
      .decode(none, ''),
    7,
  )
})

test('QB-32 results: rows, plain values of one column, counts, affected rows, returned rows', () => {
  const row = ['1', 'a', 1, 'active', '2024-01-01T00:00:00.000Z'] as const
  const columns = ['id', 'text', 'completed', 'status', 'deletedAt']
  assert.deepEqual(todos.asQuery().decode(rows(columns, row), ''), [
    { id: '1', text: 'a', completed: true, status: 'active', deletedAt: date },
  ])
  assert.deepEqual(
    todos
      .select('completed')
      .asQuery()
      .decode(rows(['completed'], [0], [1]), ''),
    [false, true],
  )
  assert.equal(
    todos
      .select('id')
      .first()
      .asQuery()
      .decode(rows(['id'], ['1']), ''),
    '1',
  )
  assert.equal(
    todos
      .count()
      .asQuery()
      .decode(rows(['count'], [3]), ''),
    3,
  )
  assert.equal(
    todos
      .delete()
      .asQuery()
      .decode(rows(['changes'], [2]), ''),
    2,
  )
  assert.deepEqual(
    todos
      .delete()
      .returning('deletedAt')
      .asQuery()
      .decode(rows(['deletedAt'], [null]), ''),
    [{ deletedAt: null }],
  )
})

test('a stored value that does not fit its column is an error that names it', () => {
  assert.throws(
    () =>
      todos
        .select('status')
        .asQuery()
        .decode(rows(['status'], ['gone']), ''),
    /todos\.status: expected "active" or "completed", got "gone"/,
  )
})

test('QB-20 JSON_CONTAINS needs a JSON array', () => {
  assert.throws(() => (todos as any).where('text', 'JSON_CONTAINS', 'a').asSql(), /todos\.text has none/)
})

test('QB-23 an update of no columns changes nothing, with a warning', (t) => {
  const warn = t.mock.method(console, 'warn', () => undefined)
  assert.deepEqual(sqlOf(todos.update({}).where({ id: '1' })), ['SELECT 1', []])
  assert.deepEqual(sqlOf(todos.update({ text: undefined })), ['SELECT 1', []])
  assert.equal(warn.mock.callCount(), 2)
})

test('QB-31 a schema that is encoded flat takes flat inserts; a nested one names the missing column', () => {
  const contact = Schema.Struct({ first: Schema.String, last: Schema.String })
  const flat = Schema.Struct({
    id: Schema.String.pipe(State.SQLite.withPrimaryKey),
    contactFirst: Schema.String,
    contactLast: Schema.String,
  })
  const nested = Schema.transform(flat, Schema.Struct({ id: Schema.String, contact }), {
    decode: ({ id, contactFirst: first, contactLast: last }) => ({ id, contact: { first, last } }),
    encode: ({ id, contact: { first, last } }) => ({ id, contactFirst: first, contactLast: last }),
  })
  const contacts = State.SQLite.table({ name: 'contacts', schema: nested })
  const make = contacts.insert as (values: object) => QueryBuilder
  assert.deepEqual(sqlOf(make.call(contacts, { id: '1', contactFirst: 'a', contactLast: 'b' })), [
    'INSERT INTO "contacts" ("id", "contactFirst", "contactLast") VALUES (?, ?, ?)',
    ['1', 'a', 'b'],
  ])
  assert.throws(
    () => make.call(contacts, { id: '1', contact: { first: 'a', last: 'b' } }).asSql(),
    /no value for "contactFirst"/,
  )
})

test('QB-56 what would silently change or count all rows is refused', () => {
  const limited = todos.limit(2) as any
  for (const call of [
    () => limited.update({ text: 'x' }),
    () => limited.delete(),
    () => limited.count(),
    () => (todos.offset(1) as any).delete(),
  ]) {
    assert.throws(call, /cannot follow limit\(\) or offset\(\)/)
  }
})

test('methods are refused where they have no meaning', () => {
  const any: any = todos
  assert.throws(() => any.limit(1).first(), /cannot follow limit/)
  assert.throws(() => any.first().limit(2), /cannot follow first/)
  assert.throws(() => any.insert({ id: '1', status: 'active' }).where({ id: '1' }), /where\(\) is not for the insert/)
  assert.throws(() => any.count().orderBy('id', 'asc'), /orderBy\(\) is not for the count/)
  assert.throws(() => any.where({ id: '1' }).insert({ id: '1', status: 'active' }), /cannot follow where/)
  assert.throws(() => any.returning('id'), /returning\(\) is not for the select/)
  assert.throws(() => any.insert({ id: '1', status: 'active' }).onConflict('id', 'update', {}), /needs the columns/)
  assert.throws(() => any.limit(-1), /0 or more/)
  assert.throws(() => any.orderBy('id', 'down'), /asc and desc/)
})

test('conditions that cannot be meant are refused', () => {
  const any: any = todos
  assert.throws(() => any.where('nope', 1), /no column "nope" \(it has id, text/)
  assert.throws(() => any.select('nope'), /no column "nope"/)
  assert.throws(() => any.orderBy('toString', 'asc'), /no column "toString"/)
  assert.throws(() => any.update({ nope: 1 }), /no column "nope"/)
  assert.throws(() => any.insert({ id: '1', status: 'active', nope: 1 }).asSql(), /no column "nope"/)
  assert.throws(() => any.where('id', '~', 'a'), /no such operator ~/)
  assert.throws(() => any.where('deletedAt', '<', null).asSql(), /cannot compare todos\.deletedAt with null/)
  assert.throws(() => any.where('id', '=', undefined), /todos\.id is undefined/)
  assert.throws(() => any.where('status', 'IN', 'active').asSql(), /needs an array/)
  assert.throws(() => any.where('completed', 'yes').asSql(), /todos\.completed: expected a boolean/)
})

test('COL-34 an insert without a column that is needed is refused', () => {
  assert.throws(() => (todos as any).insert({ id: '1' }).asSql(), /insert into "todos": no value for "status"/)
})

test('a JSON value that looks like an operation is compared with three arguments', () => {
  const any = State.SQLite.table({
    name: 'a',
    columns: { id: State.SQLite.text({ primaryKey: true }), data: State.SQLite.json() },
  })
  assert.deepEqual(sqlOf(any.where('data', '=', { op: '=', value: 1 })), [
    'SELECT * FROM "a" WHERE "data" = ?',
    ['{"op":"=","value":1}'],
  ])
})

test('an insert of defaults only', () => {
  const numbered = State.SQLite.table({
    name: 'n',
    columns: { id: State.SQLite.integer({ primaryKey: true, autoIncrement: true }) },
  })
  assert.deepEqual(sqlOf(numbered.insert({})), ['INSERT INTO "n" DEFAULT VALUES', []])
})

test('builders never change', () => {
  const before = todos.where({ id: '1' })
  before.where({ text: 'x' })
  assert.deepEqual(sqlOf(before), ['SELECT * FROM "todos" WHERE "id" = ?', ['1']])
})

test('builders are told apart from other things', () => {
  assert.ok(isQueryBuilder(todos) && isQueryBuilder(todos.count()))
  assert.ok(!isQueryBuilder({ query: 'SELECT 1' }) && !isQueryBuilder(null) && !isQueryBuilder('x'))
})

test('raw SQL: rows are objects, or what the schema makes of them', () => {
  const found = rows(['id', 'n'], ['a', 1], ['b', 2])
  assert.deepEqual(asCompiled({ query: 'SELECT id, n FROM t' }).decode(found, ''), [
    { id: 'a', n: 1 },
    { id: 'b', n: 2 },
  ])
  const head = Schema.Struct({ n: Schema.Number }).pipe(
    Schema.pluck('n'),
    Schema.Array,
    Schema.headOrElse(() => 0),
  )
  const compiled = asCompiled({ query: 'SELECT n FROM t', schema: head, queriedTables: ['t'] })
  assert.equal(compiled.decode(rows(['n'], [4]), ''), 4)
  assert.equal(compiled.decode(rows(['n']), ''), 0)
  assert.deepEqual([...compiled.usedTables], ['t'])
  assert.throws(() => asCompiled({} as never), /expected a query/)
})

test('named parameters are found as tokens, not as parts of others or of strings', () => {
  const { sql: text, params } = asCompiled({
    query: `SELECT '$id', "a:id", $id, :id2, @id -- $id\n FROM t WHERE x = $id /* :id */`,
    bindValues: { id: 1, id2: true },
  })
  assert.equal(text, `SELECT '$id', "a:id", ?1, ?2, ?1 -- $id\n FROM t WHERE x = ?1 /* :id */`)
  assert.deepEqual(params, [1, 1])
  assert.throws(() => asCompiled({ query: 'SELECT $x', bindValues: { y: 1 } }), /no value for \$x/)
  assert.throws(() => asCompiled({ query: 'SELECT ?', bindValues: [date as never] }), /cannot bind \[object Date\]/)
})

test('the session id is put in when a query runs', () => {
  const { params } = asCompiled({ query: 'SELECT ?', bindValues: [SessionIdSymbol] })
  assert.deepEqual(resolveParams(params, 's1'), ['s1'])
})

test('sql joins text', () => {
  assert.equal(sql`SELECT * FROM ${'t'} WHERE a = '\n'`, "SELECT * FROM t WHERE a = '\n'")
})
