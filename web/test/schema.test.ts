import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Effect from 'effect'
import { setFromEffect } from '../src/schema/convert.js'
import { fromEffect } from '../src/schema/effect.js'
import { Events, makeSchema, Schema, State, toCodec, type StandardSchema } from '../src/schema/index.js'
import { loadCore } from '../src/core/index.js'

// As livestore/effect does.
setFromEffect(fromEffect)

const date = new Date('2026-07-17T10:15:30.000Z')
const iso = date.toISOString()
const E = Effect.Schema

interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  name: Schema.String,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)),
})

/** A schema, a decoded value, its encoded form, and something that does not decode. */
const CODECS: readonly (readonly [string, any, unknown, unknown, unknown])[] = [
  ['String', Schema.String, 'a', 'a', 1],
  ['Number', Schema.Number, 1.5, 1.5, NaN],
  ['Int', Schema.Int, 2, 2, 1.5],
  ['Boolean', Schema.Boolean, true, true, 1],
  ['Null', Schema.Null, null, null, 0],
  ['Literal', Schema.Literal('a', 1, null), 1, 1, 'b'],
  ['Enums', Schema.Enums({ A: 'a', N: 1 }), 'a', 'a', 'A'],
  ['Date', Schema.Date, date, iso, 'no date'],
  ['DateFromNumber', Schema.DateFromNumber, date, date.getTime(), 'x'],
  ['BigInt', Schema.BigInt, -5n, '-5', '1.5'],
  ['NumberFromString', Schema.NumberFromString, 1.5, '1.5', 'x'],
  ['NonEmptyString', Schema.NonEmptyString, 'a', 'a', ''],
  ['Trim', Schema.Trim, 'a', 'a', 1],
  ['Uint8Array', Schema.Uint8Array, Uint8Array.of(0, 255), [0, 255], [256]],
  ['Struct', Schema.Struct({ a: Schema.Date, b: Schema.String }), { a: date, b: 'x' }, { a: iso, b: 'x' }, { a: iso }],
  ['optional, there', Schema.Struct({ a: Schema.optional(Schema.Date) }), { a: date }, { a: iso }, { a: null }],
  ['optional, missing', Schema.Struct({ a: Schema.optional(Schema.Date) }), {}, {}, []],
  ['NullOr', Schema.NullOr(Schema.Date), null, null, undefined],
  ['UndefinedOr', Schema.Struct({ a: Schema.UndefinedOr(Schema.Date) }), {}, {}, { a: null }],
  ['NullishOr', Schema.Struct({ a: Schema.NullishOr(Schema.Date) }), { a: null }, { a: null }, { a: 5 }],
  ['Array', Schema.Array(Schema.Date), [date], [iso], [1]],
  ['NonEmptyArray', Schema.NonEmptyArray(Schema.Number), [1], [1], []],
  ['Tuple', Schema.Tuple(Schema.String, Schema.Date), ['a', date], ['a', iso], ['a']],
  ['Record', Schema.Record({ key: Schema.String, value: Schema.Date }), { x: date }, { x: iso }, { x: 1 }],
  ['Union', Schema.Union(Schema.Number, Schema.Date), date, iso, true],
  [
    'TaggedStruct',
    Schema.TaggedStruct('t', { a: Schema.Number }),
    { _tag: 't', a: 1 },
    { _tag: 't', a: 1 },
    { _tag: 'u', a: 1 },
  ],
  [
    'suspend',
    Tree,
    { name: 'a', children: [{ name: 'b', children: [] }] },
    { name: 'a', children: [{ name: 'b', children: [] }] },
    { name: 'a', children: [{ name: 'b' }] },
  ],
  ['parseJson', Schema.parseJson(Schema.Struct({ a: Schema.Date })), { a: date }, `{"a":"${iso}"}`, '{'],
  ['transform', Schema.transform(Schema.String, Schema.Number, { decode: Number, encode: String }), 5, '5', 'x'],
  ['partial', Schema.partial(Schema.Struct({ a: Schema.Date, b: Schema.String })), { b: 'x' }, { b: 'x' }, { a: 1 }],
  ['pick', Schema.Struct({ a: Schema.Date, b: Schema.String }).pipe(Schema.pick('a')), { a: date }, { a: iso }, {}],
  ['omit', Schema.Struct({ a: Schema.Date, b: Schema.String }).pipe(Schema.omit('b')), { a: date }, { a: iso }, {}],
  [
    'extend',
    Schema.extend(Schema.Struct({ a: Schema.Date }), Schema.Struct({ b: Schema.String })),
    { a: date, b: 'x' },
    { a: iso, b: 'x' },
    { a: iso },
  ],
  ['pluck', Schema.Struct({ a: Schema.Date }).pipe(Schema.pluck('a')), date, { a: iso }, {}],
  ['mutable', Schema.mutable(Schema.Array(Schema.Number)), [1], [1], 1],
  ['filter', Schema.Number.pipe(Schema.filter((n) => n % 2 === 0)), 2, 2, 3],
  ['minLength', Schema.String.pipe(Schema.minLength(2)), 'ab', 'ab', 'a'],
  ['maxLength', Schema.String.pipe(Schema.maxLength(2)), 'ab', 'ab', 'abc'],
  ['pattern', Schema.String.pipe(Schema.pattern(/^a+$/)), 'aa', 'aa', 'b'],
  ['between', Schema.Number.pipe(Schema.between(1, 3)), 3, 3, 4],
  ['greaterThan', Schema.Number.pipe(Schema.greaterThan(1)), 2, 2, 1],
  ['lessThan', Schema.Number.pipe(Schema.lessThan(1)), 0, 0, 1],
  [
    'a restricted Date',
    Schema.Date.pipe(Schema.filter((d) => d.getUTCFullYear() > 2000)),
    date,
    iso,
    '1999-01-01T00:00:00.000Z',
  ],
  [
    "Effect's Struct",
    E.Struct({ a: E.Date, b: E.optional(E.String), c: E.NullOr(E.Number) }),
    { a: date, c: null },
    { a: iso, c: null },
    { a: 'x', c: 1 },
  ],
  [
    "Effect's optionalWith default",
    E.Struct({ a: E.optionalWith(E.NumberFromString, { default: () => 0 }) }),
    { a: 5 },
    { a: '5' },
    { a: 'x' },
  ],
  ["Effect's fromKey", E.Struct({ a: E.propertySignature(E.String).pipe(E.fromKey('b')) }), { a: 'x' }, { b: 'x' }, {}],
  ["Effect's Literal", E.Literal('a', 'b'), 'a', 'a', 'c'],
  [
    "Effect's Union",
    E.Union(E.TaggedStruct('a', { n: E.Number }), E.TaggedStruct('b', { s: E.String })),
    { _tag: 'b', s: 'x' },
    { _tag: 'b', s: 'x' },
    { _tag: 'b', n: 1 },
  ],
  ["Effect's Array", E.Array(E.BigInt), [5n], ['5'], ['x']],
  ["Effect's NonEmptyArray", E.NonEmptyArray(E.Number), [1, 2], [1, 2], []],
  ["Effect's Tuple", E.Tuple(E.String, E.optionalElement(E.Number)), ['a'], ['a'], []],
  ["Effect's Record", E.Record({ key: E.String, value: E.Int }), { a: 1 }, { a: 1 }, { a: 1.5 }],
  ["Effect's filters", E.String.pipe(E.minLength(2), E.pattern(/^a/)), 'ab', 'ab', 'ba'],
  ["Effect's Enums", E.Enums({ A: 'a', B: 'b' }), 'b', 'b', 'c'],
  ["Effect's parseJson", E.parseJson(E.Struct({ a: E.Date })), { a: date }, `{"a":"${iso}"}`, '{}'],
  [
    "Effect's Option",
    E.Option(E.Number),
    Effect.Option.some(1),
    { _tag: 'Some', value: 1 },
    { _tag: 'Some', value: 'x' },
  ],
  [
    "Effect's transform",
    E.transform(E.Number, E.Boolean, { decode: (n) => n === 1, encode: (b) => (b ? 1 : 0) }),
    true,
    1,
    'x',
  ],
  ["Effect's brand", E.String.pipe(E.brand('Id')), 'a', 'a', 1],
  ["Effect's DateFromSelf", E.DateFromSelf, date, date, iso],
]

for (const [name, schema, decoded, encoded, wrong] of CODECS) {
  test(`${name} decodes what it encodes, and refuses what does not fit`, () => {
    const codec = toCodec(schema)
    assert.deepEqual(codec.encode(decoded), encoded)
    assert.deepEqual(codec.decode(encoded), decoded)
    assert.throws(() => codec.decode(wrong), Schema.SchemaError)
  })
}

test('what Effect itself encodes is what is encoded here', () => {
  for (const [name, schema, decoded, encoded] of CODECS.filter(([name]) => name.startsWith('Effect'))) {
    assert.deepEqual(E.encodeSync(schema)(decoded), encoded, name)
    assert.deepEqual(E.decodeUnknownSync(schema)(encoded), decoded, name)
  }
})

test("Effect's classes and recursive schemas", () => {
  class Person extends E.Class<Person>('Person')({ name: E.String, born: E.Date }) {}
  const codec = toCodec(Person)
  const person = codec.decode({ name: 'a', born: iso })
  assert.ok(person instanceof Person)
  assert.deepEqual(codec.encode(person), { name: 'a', born: iso })
  const Node: Effect.Schema.Schema<Tree> = E.Struct({
    name: E.String,
    children: E.Array(E.suspend(() => Node)),
  }).annotations({ identifier: 'Node' })
  assert.deepEqual(toCodec(Node).jsonSchema.$defs, {
    Node: {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/Node' } } },
      required: ['name', 'children'],
    },
  })
})

test("a schema of Effect's that has to wait is refused", () => {
  const slow = E.transformOrFail(E.String, E.String, {
    decode: (value) => Effect.Effect.promise(async () => value),
    encode: Effect.ParseResult.succeed,
  })
  assert.throws(() => toCodec(slow).decode('x'), /answers at once/)
})

test('a missing key gets the default where it is decoded, a new one each time', () => {
  const codec = Schema.Struct({ tags: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }) })
  assert.deepEqual(codec.decode({}), { tags: [] })
  assert.notEqual(codec.decode({}).tags, codec.decode({}).tags)
  assert.deepEqual(codec.jsonSchema.required, undefined)
  assert.deepEqual(Schema.partial(codec).decode({}), {})
})

test('unknown keys are dropped, and "__proto__" of a record is a key like others', () => {
  assert.deepEqual(Schema.Struct({ a: Schema.Number }).decode({ a: 1, b: 2 }), { a: 1 })
  const record = Schema.Record({ key: Schema.String, value: Schema.Unknown }).decode(
    JSON.parse('{"__proto__": {"admin": true}}'),
  )
  assert.equal((record as { admin?: boolean }).admin, undefined)
  assert.deepEqual(Object.keys(record), ['__proto__'])
})

test('errors tell the place, what was expected and what was there', () => {
  const codec = Schema.Struct({
    list: Schema.Array(Schema.Struct({ n: Schema.Number, s: Schema.optional(Schema.String) })),
  })
  const message = (value: unknown): string => {
    try {
      codec.decode(value)
    } catch (error) {
      return (error as Error).message
    }
    return 'none'
  }
  assert.equal(message({ list: [{ n: 1 }, { n: 'x' }] }), '$.list[1].n: expected a finite number, got "x"')
  assert.equal(message({}), '$.list: is missing, expected an array')
  assert.equal(message([]), '$: expected an object, got an array')
  assert.equal(message({ list: [{ n: 1, s: null }] }), '$.list[0].s: expected a string, got null')
})

test('JSON Schema of codecs', () => {
  const args = Schema.Struct({
    id: Schema.NonEmptyString,
    n: Schema.Int.pipe(Schema.between(0, 9)),
    at: Schema.NullOr(Schema.Date),
    tag: Schema.optional(Schema.Literal('a', 'b')),
    list: Schema.Array(Schema.Tuple(Schema.String, Schema.Number)),
    map: Schema.Record({ key: Schema.String, value: Schema.Boolean }),
    any: Schema.Any,
    short: Schema.String.pipe(Schema.maxLength(3)),
    old: Schema.optional(Schema.String).pipe(Schema.deprecated('use id')),
  })
  assert.deepEqual(args.jsonSchema, {
    type: 'object',
    required: ['id', 'n', 'at', 'list', 'map', 'short'],
    properties: {
      id: { type: 'string', minLength: 1 },
      n: { type: 'integer', minimum: 0, maximum: 9 },
      at: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
      tag: { enum: ['a', 'b'] },
      list: {
        type: 'array',
        items: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], minItems: 2, maxItems: 2 },
      },
      map: { type: 'object', additionalProperties: { type: 'boolean' } },
      any: {},
      short: { type: 'string' },
      old: { type: 'string', deprecated: 'use id' },
    },
  })
  assert.deepEqual(
    toCodec(E.Struct({ id: E.String.pipe(E.minLength(2)), n: E.Int.pipe(E.positive()), at: E.Date })).jsonSchema,
    {
      type: 'object',
      required: ['id', 'n', 'at'],
      properties: {
        id: { type: 'string', minLength: 2 },
        n: { type: 'integer', exclusiveMinimum: 0 },
        at: { type: 'string' },
      },
    },
  )
})

test('the library takes the JSON Schema of every codec here', async () => {
  const core = await loadCore()
  for (const [name, schema] of CODECS) {
    const event = Events.synced({ name: 'E', schema: Schema.Struct({ value: toCodec(schema) }) })
    const { document } = makeSchema({
      events: [event],
      state: State.SQLite.makeState({ tables: [], materializers: {} }),
    })
    assert.doesNotThrow(() => core.checkSchema({ schema: document }), name)
  }
})

const standard = (validate: (value: unknown) => unknown): StandardSchema<{ n: number }> => ({
  '~standard': { version: 1, vendor: 'test', validate },
})

test('a Standard Schema validates, and what it gives is taken', () => {
  const codec = toCodec(
    standard((value) =>
      typeof (value as { n?: unknown }).n === 'number'
        ? { value }
        : { issues: [{ message: 'no number', path: [{ key: 'n' }] }] },
    ),
  )
  assert.deepEqual(codec.decode({ n: 1 }), { n: 1 })
  assert.deepEqual(codec.encode({ n: 1 }), { n: 1 })
  assert.deepEqual(codec.jsonSchema, {})
  assert.throws(() => codec.decode({ n: 'x' }), /^SchemaError: \$\.n: no number$/)
  assert.throws(() => toCodec(standard(async (value) => ({ value }))).decode({ n: 1 }), /is async/)
})

test('what is no schema is refused', () => {
  assert.throws(() => toCodec({} as never), /expected a schema/)
})

const todo = Events.synced({ name: 'v1.Todo', schema: Schema.Struct({ id: Schema.String }) })
const table = State.SQLite.table({ name: 't', columns: { id: State.SQLite.text({ primaryKey: true }) } })

test('the document of a schema', () => {
  const schema = makeSchema({
    events: {
      todo,
      cleared: Events.clientOnly({ name: 'v1.Cleared', schema: Schema.Void, deprecated: 'why', undo: false }),
    },
    state: State.SQLite.makeState({
      tables: { table },
      materializers: { 'v1.Todo': { version: 4, run: () => [] }, 'v1.Cleared': 'DELETE FROM t' },
    }),
    unknownEventHandling: { strategy: 'fail' },
    devtools: { alias: 'mine' },
  })
  assert.deepEqual(JSON.parse(schema.document), {
    livestore: 1,
    tables: ['CREATE TABLE "t" ("id" text primary key) STRICT'],
    events: {
      'v1.Todo': { args: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }, function: 4 },
      'v1.Cleared': { sql: 'DELETE FROM t', clientOnly: true, deprecated: 'why', undo: false },
    },
    documents: {},
    unknownEvents: 'fail',
  })
  assert.deepEqual(Object.keys(schema.materializers), ['v1.Todo'])
  assert.deepEqual(
    [schema.devtools.alias, [...schema.events.keys()], [...schema.tables.keys()]],
    ['mine', ['v1.Todo', 'v1.Cleared'], ['t']],
  )
})

test('schemas that contradict themselves are refused', () => {
  const make = (events: any, materializers: any) => () =>
    makeSchema({ events, state: State.SQLite.makeState({ tables: { table }, materializers }) })
  assert.throws(make([todo, todo], {}), /two events have the name "v1\.Todo"/)
  assert.throws(make({ todo }, { 'v1.Other': () => [] }), /materializer is for "v1\.Other", which is no event/)
  assert.throws(make({ todo }, { 'v1.Todo': { version: 0, run: () => [] } }), /1 or more/)
  assert.throws(make({ no: 5 }, {}), /not an event/)
  assert.throws(
    make([Events.synced({ name: 'e', schema: Schema.String })], {}),
    /event "e": its schema has to be a Schema\.Struct/,
  )
})
