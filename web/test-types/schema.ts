/** What types have to infer, and to refuse, of schemas, tables, events and materializers. */
import { Schema as E } from 'effect'
import {
  Events,
  makeSchema,
  Schema,
  SessionIdSymbol,
  State,
  type EventInput,
  type StandardSchema,
} from '../src/schema/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is = <_T extends true>(): void => undefined

const { SQLite } = State

// Codecs.
const Todo = Schema.Struct({
  id: Schema.String,
  at: Schema.Date,
  done: Schema.optional(Schema.Boolean),
  n: Schema.optionalWith(Schema.Number, { default: () => 0 }),
  kind: Schema.Literal('a', 'b'),
  tags: Schema.Array(Schema.String),
  due: Schema.NullOr(Schema.DateFromNumber),
  map: Schema.Record({ key: Schema.String, value: Schema.BigInt }),
  pair: Schema.Tuple(Schema.String, Schema.Number),
})
is<
  Equal<
    typeof Todo.Type,
    {
      readonly id: string
      readonly at: Date
      readonly n: number
      readonly kind: 'a' | 'b'
      readonly tags: readonly string[]
      readonly due: Date | null
      readonly map: { readonly [x: string]: bigint }
      readonly pair: readonly [string, number]
      readonly done?: boolean | undefined
    }
  >
>()
is<
  Equal<
    typeof Todo.Encoded,
    {
      readonly id: string
      readonly at: string
      readonly kind: 'a' | 'b'
      readonly tags: readonly string[]
      readonly due: number | null
      readonly map: { readonly [x: string]: string }
      readonly pair: readonly [string, number]
      readonly done?: boolean | undefined
      readonly n?: number | undefined
    }
  >
>()
is<Equal<Schema.Type<typeof Todo>, typeof Todo.Type>>()
const piped = Schema.String.pipe(Schema.minLength(1), Schema.optional)
is<Equal<typeof piped.Type, string | undefined>>()
const head = Schema.Struct({ n: Schema.Number }).pipe(
  Schema.pluck('n'),
  Schema.Array,
  Schema.headOrElse(() => null),
)
is<Equal<typeof head.Type, number | null>>()
const picked = Schema.Struct({ a: Schema.String, b: Schema.Date }).pipe(Schema.pick('b'))
is<Equal<typeof picked.Type, { readonly b: Date }>>()
// @ts-expect-error a number has no length
Schema.Number.pipe(Schema.minLength(1))
// @ts-expect-error the default has to fit
Schema.optionalWith(Schema.Number, { default: () => 'x' })

// Columns.
const todos = SQLite.table({
  name: 'todos',
  columns: {
    id: SQLite.text({ primaryKey: true }),
    text: SQLite.text({ default: '' }),
    completed: SQLite.boolean({ default: false }),
    status: SQLite.text({ schema: Schema.Literal('active', 'completed') }),
    deletedAt: SQLite.datetime({ nullable: true }),
    tags: SQLite.json({ schema: Schema.Array(Schema.String), default: [] }),
    any: SQLite.json({ nullable: true }),
    at: SQLite.integer({ schema: Schema.DateFromNumber }),
    effect: SQLite.text({ schema: E.Literal('x', 'y'), nullable: true }),
    bytes: SQLite.blob({ nullable: true }),
  },
  indexes: [{ name: 'by_status', columns: ['status'] }],
})
is<
  Equal<
    typeof todos.Type,
    {
      readonly id: string
      readonly text: string
      readonly completed: boolean
      readonly status: 'active' | 'completed'
      readonly deletedAt: Date | null
      readonly tags: readonly string[]
      readonly any: any
      readonly at: Date
      readonly effect: 'x' | 'y' | null
      readonly bytes: Uint8Array | null
    }
  >
>()
is<Equal<State.SQLite.Row<typeof todos>['deletedAt'], Date | null>>()
is<Equal<typeof todos.name, 'todos'>>()
// @ts-expect-error a default of another type
SQLite.text({ default: 5 })
// @ts-expect-error null is for nullable columns
SQLite.text({ default: null })
// @ts-expect-error not one of the literals
SQLite.text({ schema: Schema.Literal('a', 'b'), default: 'c' })
// @ts-expect-error a number is not text
SQLite.text({ schema: Schema.Number })
// @ts-expect-error a boolean column has no schema
SQLite.boolean({ schema: Schema.Boolean })
// @ts-expect-error no such option
SQLite.text({ primary: true })
// @ts-expect-error an index of a column that is not there
SQLite.table({
  name: 't',
  columns: { id: SQLite.text({ primaryKey: true }) },
  indexes: [{ name: 'i', columns: ['nope'] }],
})

const inferred = SQLite.table({
  name: 'inferred',
  schema: Schema.Struct({
    id: Schema.String.pipe(SQLite.withPrimaryKey),
    n: Schema.Number.pipe(SQLite.withDefault(1)),
    at: Schema.Date,
    opt: Schema.optional(Schema.String),
  }),
})
is<
  Equal<
    typeof inferred.Type,
    { readonly id: string; readonly n: number; readonly at: Date; readonly opt: string | undefined }
  >
>()
inferred.insert({ id: '1', at: new Date() })
// @ts-expect-error `at` is missing
inferred.insert({ id: '1' })

const effects = SQLite.table({
  name: 'effects',
  schema: E.Struct({ id: E.String.pipe(SQLite.withPrimaryKey), at: E.NullOr(E.Date) }),
})
is<Equal<typeof effects.Type, { readonly id: string; readonly at: Date | null }>>()

// Events.
const events = {
  created: Events.synced({ name: 'v1.Created', schema: Schema.Struct({ id: Schema.String, at: Schema.Date }) }),
  effect: Events.synced({ name: 'v1.Effect', schema: E.Struct({ n: E.NumberFromString }) }),
  cleared: Events.clientOnly({ name: 'v1.Cleared', schema: Schema.Void }),
}
declare const plain: StandardSchema<{ a: string }, { a: number }>
const standard = Events.synced({ name: 'v1.Standard', schema: plain })
is<Equal<typeof standard.Event.args, { a: number }>>()
is<Equal<typeof events.created.Event, ReturnType<typeof events.created>>>()
is<Equal<typeof events.created.name, 'v1.Created'>>()
events.created({ id: '1', at: new Date() })
events.effect({ n: 1 })
events.cleared()
// @ts-expect-error a missing argument
events.created({ id: '1' })
// @ts-expect-error an argument of another type
events.created({ id: 1, at: new Date() })
// @ts-expect-error an argument that is not there
events.created({ id: '1', at: new Date(), nope: 1 })
// @ts-expect-error the decoded form is wanted
events.effect({ n: '1' })
// @ts-expect-error no arguments at all
events.created()
events.effect.encoded({ n: '1' })

// Client documents.
const ui = SQLite.clientDocument({
  name: 'Ui',
  schema: Schema.Struct({ filter: Schema.Literal('all', 'open'), draft: Schema.String }),
  default: { id: SessionIdSymbol, value: { filter: 'all', draft: '' } },
})
const free = SQLite.clientDocument({
  name: 'Free',
  schema: Schema.Struct({ a: Schema.String, b: Schema.String }),
  partialSet: false,
  default: { value: { a: '', b: '' } },
})
const list = SQLite.clientDocument({
  name: 'List',
  schema: Schema.Array(Schema.Number),
  default: { id: 'x', value: [] },
})
is<Equal<typeof ui.Value, { readonly filter: 'all' | 'open'; readonly draft: string }>>()
const got = ui.get()
is<Equal<typeof got.ResultType, typeof ui.Value>>()
ui.set({ draft: 'x' })
ui.set({ draft: 'x' }, 'id')
free.set({ a: '', b: '' }, 'id')
list.set([1])
// @ts-expect-error no such key
ui.set({ nope: 1 })
// @ts-expect-error a value of another type
ui.set({ filter: 'gone' })
// @ts-expect-error without a default id one is needed
free.get()
// @ts-expect-error … to set as well
free.set({ a: '', b: '' })
// @ts-expect-error the whole value is needed
free.set({ a: '' }, 'id')
// @ts-expect-error numbers
list.set(['x'])
// @ts-expect-error the default has to fit
SQLite.clientDocument({ name: 'D', schema: Schema.Struct({ a: Schema.String }), default: { value: { a: 1 } } })

// Materializers.
const materializers = SQLite.materializers(
  { ...events, set: ui.set },
  {
    'v1.Created': ({ id, at }, { query, event }) => {
      is<Equal<typeof at, Date>>()
      is<Equal<typeof event.args.id, string>>()
      const count = query(todos.count())
      is<Equal<typeof count, number>>()
      return [todos.insert({ id, status: 'active', at }), []]
    },
    'v1.Effect': { version: 2, run: ({ n }) => ({ sql: 'UPDATE x SET n = ?', bindValues: [n] }) },
    'v1.Cleared': 'DELETE FROM todos',
  },
)
// @ts-expect-error a materializer is missing
SQLite.materializers(events, { 'v1.Created': () => [], 'v1.Effect': () => [] })
SQLite.materializers(events, {
  'v1.Created': () => [],
  'v1.Effect': () => [],
  'v1.Cleared': () => [],
  // @ts-expect-error no such event
  'v1.Nope': () => [],
})
SQLite.materializers(events, {
  // @ts-expect-error no such argument
  'v1.Created': ({ nope }) => [nope],
  'v1.Effect': () => [],
  'v1.Cleared': () => [],
})
SQLite.materializers(events, {
  // @ts-expect-error a number is no result
  'v1.Created': () => 5,
  'v1.Effect': () => [],
  'v1.Cleared': () => [],
})

// Schemas.
const schema = makeSchema({ events, state: SQLite.makeState({ tables: { todos, ui }, materializers }) })
type Event = EventInput<typeof schema>
is<Equal<Event['name'], 'v1.Created' | 'v1.Effect' | 'v1.Cleared' | 'UiSet'>>()
const commit = (_event: Event): void => undefined
commit(events.created({ id: '1', at: new Date() }))
commit(ui.set({ draft: '' }))
// @ts-expect-error an event of another schema
commit(standard({ a: 1 }))
// @ts-expect-error a document of another schema
commit(list.set([1]))
makeSchema({
  events,
  state: SQLite.makeState({ tables: [todos], materializers }),
  // @ts-expect-error no such strategy
  unknownEventHandling: { strategy: 'nope' },
})

makeSchema({
  events: [],
  state: State.SQLite.makeState({ tables: [], materializers: {} }),
  unknownEventHandling: {
    strategy: 'callback',
    onUnknownEvent: ({ event: { seqNum, args }, reason }, error) => {
      is<Equal<typeof seqNum.global, number>>()
      is<Equal<typeof args, unknown>>()
      is<Equal<typeof reason, typeof error.reason>>()
    },
  },
})
