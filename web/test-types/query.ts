/** What types have to infer, and to refuse, of queries. */
import { asCompiled, type QueryBuilder } from '../src/query/index.js'
import { Schema, State } from '../src/schema/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is = <_T extends true>(): void => undefined
const resultOf = <R>(_query: QueryBuilder<R>): R => undefined as R

const { SQLite } = State
const todos = SQLite.table({
  name: 'todos',
  columns: {
    id: SQLite.text({ primaryKey: true }),
    text: SQLite.text({ default: '' }),
    done: SQLite.boolean({ default: false }),
    n: SQLite.integer(),
    at: SQLite.datetime({ nullable: true }),
    tags: SQLite.json({ schema: Schema.Array(Schema.Literal('a', 'b')), default: [] }),
  },
})
type Todo = typeof todos.Type

// Results.
const all = resultOf(todos)
is<Equal<typeof all, readonly Todo[]>>()
const ids = resultOf(todos.select('id').where({ done: true }).orderBy('at', 'desc').limit(3))
is<Equal<typeof ids, readonly string[]>>()
const some = resultOf(todos.select('id', 'at'))
is<Equal<typeof some, readonly { readonly id: string; readonly at: Date | null }[]>>()
const first = resultOf(todos.select('id').first())
is<Equal<typeof first, string | undefined>>()
const undef = resultOf(todos.first({ behaviour: 'undefined' }))
is<Equal<typeof undef, Todo | undefined>>()
const must = resultOf(todos.where({ id: '1' }).first({ behaviour: 'error' }))
is<Equal<typeof must, Todo>>()
const otherwise = resultOf(todos.select('n').first({ behaviour: 'fallback', fallback: () => null }))
is<Equal<typeof otherwise, number | null>>()
const count = resultOf(todos.where('done', true).count())
is<Equal<typeof count, number>>()
const affected = resultOf(todos.delete().where({ id: '1' }))
is<Equal<typeof affected, number>>()
const returned = resultOf(todos.insert({ id: '1', n: 1 }).returning('id', 'done'))
is<Equal<typeof returned, readonly { readonly id: string; readonly done: boolean }[]>>()
const raw = asCompiled({ query: 'SELECT 1', schema: Schema.Array(Schema.Struct({ n: Schema.Number })) })
is<Equal<ReturnType<typeof raw.decode>, readonly { readonly n: number }[]>>()

// What is right.
todos.where({ text: { op: 'LIKE', value: 'a%' }, n: { op: 'IN', value: [1, 2] }, at: null, done: undefined })
todos.where('at', '<', new Date()).where('tags', 'JSON_CONTAINS', 'a').where('at', '!=', null)
todos.insert({ id: '1', n: 1 }).onConflict(['id', 'n'], 'update', { text: 'x', n: undefined })
todos.offset(1).limit(2).where({ id: '1' })
todos.offset(1).first()

// @ts-expect-error no such column
todos.select('nope')
// @ts-expect-error no such column
todos.where({ nope: 1 })
// @ts-expect-error no such column
todos.where('nope', 1)
// @ts-expect-error no such column
todos.orderBy('nope', 'asc')
// @ts-expect-error no such direction
todos.orderBy('id', 'up')
// @ts-expect-error a value of another type
todos.where({ done: 1 })
// @ts-expect-error a value of another type
todos.where('n', '=', 'x')
// @ts-expect-error no such operator
todos.where('n', '~', 1)
// @ts-expect-error LIKE is for text
todos.where('n', 'LIKE', 1)
// @ts-expect-error LIKE is for text
todos.where({ at: { op: 'LIKE', value: new Date() } })
// @ts-expect-error IN takes a list
todos.where('n', 'IN', 1)
// @ts-expect-error null has no order
todos.where('at', '<', null)
// @ts-expect-error JSON_CONTAINS is for arrays
todos.where('text', 'JSON_CONTAINS', 'a')
// @ts-expect-error not one of the elements
todos.where('tags', 'JSON_CONTAINS', 'c')
// @ts-expect-error a column is missing
todos.insert({ id: '1' })
// @ts-expect-error no such column
todos.insert({ id: '1', n: 1, nope: 1 })
// @ts-expect-error a value of another type
todos.update({ n: 'x' })
// @ts-expect-error no such column
todos.update({ nope: 1 })
// @ts-expect-error first after limit
todos.limit(1).first()
// @ts-expect-error all rows would be changed
todos.limit(1).update({ n: 1 })
// @ts-expect-error all rows would be deleted
todos.limit(1).delete()
// @ts-expect-error all rows would be counted
todos.limit(1).count()
// @ts-expect-error an insert has no conditions
todos.insert({ id: '1', n: 1 }).where({ id: '1' })
// @ts-expect-error only rows that were written are returned
todos.returning('id')
// @ts-expect-error no columns to return
todos.delete().returning()
// @ts-expect-error no such column
todos.delete().returning('nope')
// @ts-expect-error conflicts are for inserts
todos.update({ n: 1 }).onConflict('id', 'ignore')
// @ts-expect-error the values are missing
todos.insert({ id: '1', n: 1 }).onConflict('id', 'update')
// @ts-expect-error no such column
todos.insert({ id: '1', n: 1 }).onConflict('nope', 'ignore')
// @ts-expect-error rows are added to a table, not to some of its rows
todos.where({ id: '1' }).insert({ id: '1', n: 1 })
// Conditions and orders that are made elsewhere.
const words: QueryBuilder.WhereParams<typeof todos> = { text: { op: 'LIKE', value: 'A%' }, done: undefined }
const orders: QueryBuilder.OrderByParams<typeof todos> = [{ col: 'at', direction: 'desc' }]
is<Equal<ReturnType<typeof wanted>, readonly Todo[]>>()
const wanted = () => resultOf(todos.where(words).orderBy(orders))
const each: QueryBuilder.Any[] = [todos, todos.count(), todos.where(words)]
void each
// @ts-expect-error no such column
const nope: QueryBuilder.WhereParams<typeof todos> = { nope: 1 }
// @ts-expect-error no such column
const order: QueryBuilder.OrderByParams<typeof todos> = [{ col: 'nope', direction: 'asc' }]
void [nope, order]
// @ts-expect-error a fallback is a function
todos.first({ behaviour: 'fallback' })
