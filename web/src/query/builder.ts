/** The query builder: methods that make one query of another. The types of what may follow what are in types.ts; what
 * they cannot refuse is refused here. */
import { defined } from '../schema/struct.js'
import type { CompiledQuery } from './compiled.js'
import { selectAll, type Conflict, type FirstOptions, type QueryAst, type QueryTable } from './ast.js'
import { decodeRows } from './decode.js'
import { toSql } from './to-sql.js'
import { QueryBuilderTypeId, type Columns, type Direction, type QueryBuilder, type TableQuery } from './types.js'
import { columnOf, readConditions } from './where.js'

/** Where a builder has its query. */
const Ast: unique symbol = Symbol('ast')

interface Builder {
  readonly [Ast]: QueryAst
  compiled?: CompiledQuery
}
type Values = Readonly<Record<string, unknown>>

const refuse = (ok: boolean, problem: string): void => {
  if (!ok) throw new TypeError(problem)
}

const check = (ast: QueryAst, names: readonly string[]): void => names.forEach((name) => columnOf(ast.table, name))

const checkSize = (n: number): void =>
  refuse(Number.isSafeInteger(n) && n >= 0, `limit() and offset() take an integer of 0 or more, not ${n}`)

/** What each method changes of a query. */
const STEPS = {
  select(ast: QueryAst, ...columns: string[]) {
    check(ast, columns)
    return { columns }
  },
  where: (ast: QueryAst, ...args: unknown[]) => ({ where: [...ast.where, ...readConditions(ast.table, args)] }),
  orderBy(ast: QueryAst, column: string | QueryAst['orderBy'], direction: Direction = 'asc') {
    const orders = typeof column === 'string' ? [{ col: column, direction }] : column
    for (const order of orders) {
      columnOf(ast.table, order.col)
      refuse(
        order.direction === 'asc' || order.direction === 'desc',
        `orderBy() knows asc and desc, not ${String(order.direction)}`,
      )
    }
    return { orderBy: [...ast.orderBy, ...orders] }
  },
  limit(ast: QueryAst, limit: number) {
    checkSize(limit)
    refuse(!ast.first, 'limit() cannot follow first()')
    return { limit }
  },
  offset(_ast: QueryAst, offset: number) {
    checkSize(offset)
    return { offset }
  },
  first(ast: QueryAst, first: FirstOptions = { behaviour: 'undefined' }) {
    refuse(ast.limit === undefined, 'first() cannot follow limit()')
    return { limit: 1, first }
  },
  count: () => ({ kind: 'count', orderBy: [] }),
  insert(ast: QueryAst, values: Values) {
    refuse(ast.where.length === 0, `insert() adds a row to "${ast.table.name}": it cannot follow where()`)
    return { ...selectAll(ast.table), kind: 'insert', values: defined(values) }
  },
  update(ast: QueryAst, values: Values) {
    check(ast, Object.keys(values))
    return { kind: 'update', values: defined(values) }
  },
  delete: () => ({ kind: 'delete' }),
  onConflict(ast: QueryAst, target: string | readonly string[], action: Conflict['action'], values: Values = {}) {
    const targets = typeof target === 'string' ? [target] : target
    check(ast, [...targets, ...Object.keys(values)])
    refuse(
      action === 'replace' || Object.keys(ast.values).length > 0,
      'onConflict: the insert has no values',
    )
    refuse(action !== 'update' || Object.keys(values).length > 0, 'onConflict: update needs the columns to change')
    return { conflict: { targets, action, values } }
  },
  returning(ast: QueryAst, ...returning: string[]) {
    check(ast, returning)
    return { returning }
  },
}

/** The queries that some methods are for; the others are for a select. */
const FOR: Readonly<Record<string, readonly QueryAst['kind'][]>> = {
  where: ['select', 'count', 'update', 'delete'],
  onConflict: ['insert'],
  returning: ['insert', 'update', 'delete'],
}

/** Counting or changing a part of the rows would count or change all of them. */
const WHOLE = ['count', 'update', 'delete']

const compile = (ast: QueryAst): CompiledQuery => {
  const { sql, params } = toSql(ast)
  return {
    sql,
    params,
    usedTables: new Set([ast.table.name]),
    label: sql,
    writes: ast.kind !== 'select' && ast.kind !== 'count',
    decode: (rows) => decodeRows(ast, rows),
  }
}

/** What every builder has. */
const common = {
  [QueryBuilderTypeId]: true,
  asQuery(this: Builder): CompiledQuery {
    return (this.compiled ??= compile(this[Ast]))
  },
  asSql(this: QueryBuilder) {
    const { sql, params, usedTables } = this.asQuery()
    return { query: sql, bindValues: params, usedTables }
  },
  toString(this: QueryBuilder): string {
    return this.asQuery().sql
  },
}

const methods: Record<string, unknown> = Object.create(common)
for (const [name, step] of Object.entries(STEPS) as [string, (ast: QueryAst, ...args: unknown[]) => object][]) {
  const kinds = FOR[name] ?? ['select']
  methods[name] = function (this: Builder, ...args: unknown[]) {
    const ast = this[Ast]
    refuse(
      kinds.includes(ast.kind),
      `${name}() is not for the ${ast.kind} of "${ast.table.name}"; it is for: ${kinds.join(', ')}`,
    )
    if (WHOLE.includes(name) && (ast.limit ?? ast.offset) !== undefined)
      refuse(false, `${name}() cannot follow limit() or offset(): name the rows of "${ast.table.name}" with where()`)
    return Object.assign(Object.create(methods), { [Ast]: { ...ast, ...step(ast, ...args) } })
  }
}

/** Give a table the methods of the builder. */
export const withBuilder = <T extends QueryTable>(table: T): T & TableQuery<Columns> => {
  const built = Object.assign(Object.create(methods), table)
  return Object.assign(built, { [Ast]: selectAll(built) })
}

/** A query of its own kind, with what every builder has. */
export const makeQuery = <Result>(compiled: CompiledQuery<Result>): QueryBuilder<Result> =>
  Object.assign(Object.create(common), { compiled })

/** Is it a query builder? A table is one too. */
export const isQueryBuilder = (value: unknown): value is QueryBuilder =>
  typeof value === 'object' && value !== null && QueryBuilderTypeId in value
