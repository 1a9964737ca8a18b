import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Effect from 'effect'
import { setFromEffect } from '../src/schema/convert.js'
import { fromEffect } from '../src/schema/effect.js'
import { loadCore } from '../src/core/index.js'
import { defineEvent, Events, makeSchema, Schema, State, type AnyEventDef } from '../src/schema/index.js'
import { open } from './lib/schema-tables.js'

// As livestore/effect does.
setFromEffect(fromEffect)

const schemaOf = (...events: AnyEventDef[]) =>
  makeSchema({ events, state: State.SQLite.makeState({ tables: [], materializers: {} }) })
const at = new Date('2026-07-17T10:15:30.000Z')
const happened = Events.synced({ name: 'v1.Happened', schema: Schema.Struct({ occurredAt: Schema.Date }) })

test('EVD-01 a date is ISO 8601 text in the log, and a Date again', async () => {
  const schema = schemaOf(happened)
  const encoded = schema.encodeEvent(happened({ occurredAt: at }), 's')
  assert.equal(JSON.stringify(encoded.args), '{"occurredAt":"2026-07-17T10:15:30.000Z"}')
  assert.deepEqual(happened.schema.decode(encoded.args), { occurredAt: at })
  const store = await open(schema)
  store.commit(happened({ occurredAt: at }))
  assert.deepEqual(
    store.core.events({}, 10).map(({ args }) => args),
    [{ occurredAt: '2026-07-17T10:15:30.000Z' }],
  )
})

test('EVD-02 an invalid date is refused, encoded and decoded', () => {
  assert.throws(
    () => happened({ occurredAt: new Date('x') }),
    /event "v1\.Happened": \$\.occurredAt: expected a valid Date, got an invalid Date/,
  )
  assert.throws(() => happened.schema.decode({ occurredAt: 'x' }), /a date as ISO 8601 text/)
})

test('an event is made of a definition, which checks the arguments at once', () => {
  assert.deepEqual(happened({ occurredAt: at }), { name: 'v1.Happened', args: { occurredAt: at } })
  assert.equal(happened.name, 'v1.Happened')
  assert.throws(() => (happened as any)({}), /event "v1\.Happened": \$\.occurredAt: is missing, expected a valid Date/)
  assert.throws(() => (happened as any)(), /event "v1\.Happened": \$: is missing, expected an object/)
})

test('options of the three forms', () => {
  const schema = Schema.Struct({})
  assert.deepEqual(Events.synced({ name: 'a', schema }).options, {
    clientOnly: false,
    derived: false,
    deprecated: undefined,
    undo: undefined,
  })
  assert.equal(Events.clientOnly({ name: 'a', schema }).options.clientOnly, true)
  assert.deepEqual(defineEvent({ name: 'a', schema, clientOnly: true, deprecated: 'why' }).options, {
    clientOnly: true,
    derived: false,
    deprecated: 'why',
    undo: undefined,
  })
})

test('EVD-11 an event without arguments is stored with {}', async () => {
  const cleared = Events.synced({ name: 'v1.Cleared', schema: Schema.Void })
  const bare = Events.synced({ name: 'v1.Bare' })
  const store = await open(schemaOf(cleared, bare))
  store.commit(cleared(), bare())
  assert.deepEqual(
    store.core.events({}, 10).map(({ args }) => args),
    [{}, {}],
  )
})

test('EVD-03, EVD-06, EVD-07, EVD-09 and EVD-10 deprecated events and fields are noted, once each', async () => {
  const deprecated = Schema.deprecated
  const notes: [string, string][] = []
  const old = Events.synced({
    name: 'v1.Old',
    deprecated: 'use v2.Old',
    schema: Schema.Struct({
      a: Schema.optional(Schema.String).pipe(deprecated('use b')),
      b: Schema.optional(Schema.String),
      c: Schema.String.pipe(deprecated('use d')),
    }),
  })
  const effects = Events.synced({
    name: 'v1.Effects',
    schema: Effect.Schema.Struct({ a: Effect.Schema.optional(Effect.Schema.String).pipe(deprecated('use e')) }),
  })
  const schema = schemaOf(old, effects, happened)
  const core = (await loadCore()).open({
    schema: schema.document,
    onLog: (_level, key, text) => notes.push([key, text]),
  })
  const commit = (event: any): void => void core.commit(JSON.stringify([schema.encodeEvent(event, 's')]))
  commit(happened({ occurredAt: at }))
  commit(effects({}))
  assert.equal(notes.length, 0)
  for (let i = 0; i < 2; i++) commit(old({ a: 'x', c: 'y' }))
  commit(effects({ a: 'x' }))
  const found = (reason: string): number => notes.filter(([, text]) => text.includes(reason)).length
  assert.deepEqual([found('use v2.Old'), found('use b'), found('use d'), found('use e'), notes.length], [1, 1, 1, 1, 4])
  core.close()
})

test('arguments that are encoded already are taken as they are', () => {
  const schema = schemaOf(happened)
  const event = happened.encoded({ occurredAt: at.toISOString() })
  assert.deepEqual(schema.encodeEvent(event, 's'), { name: 'v1.Happened', args: { occurredAt: at.toISOString() } })
})

test('an event of no definition is refused', () => {
  assert.throws(
    () => schemaOf(happened).encodeEvent({ name: 'v1.Nope', args: {} }, 's'),
    /the schema has no event "v1\.Nope"/,
  )
})

test("events of Effect's and of Standard Schemas", async () => {
  const E = Effect.Schema
  const a = Events.synced({
    name: 'a',
    schema: E.Struct({ at: E.Date, n: E.optionalWith(E.Number, { default: () => 3 }) }),
  })
  const b = Events.synced({ name: 'b', schema: E.standardSchemaV1(E.Struct({ s: E.String })) })
  const plain = Events.synced({
    name: 'c',
    schema: {
      '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value: value as { x: number } }) },
    } as const,
  })
  const schema = schemaOf(a, b, plain)
  assert.deepEqual(schema.encodeEvent(a({ at, n: 1 }), 's').args, { at: at.toISOString(), n: 1 })
  assert.deepEqual(a.schema.decode({ at: at.toISOString() }), { at, n: 3 })
  assert.throws(() => b({ s: 1 as never }), /event "b": \$\.s/)
  const store = await open(schema)
  store.commit(a({ at, n: 1 }), b({ s: 'x' }), plain({ x: 1 } as never))
  assert.equal(store.core.events({}, 10).length, 3)
})
