/** A query as data, before it is SQL. */
import type { Columns, Direction, WhereOperator } from './types.js'

/** What the builder has to know of a table. */
export interface QueryTable {
  readonly name: string
  readonly columns: Columns
}

/** One condition. */
export interface Condition {
  readonly column: string
  readonly op: WhereOperator
  readonly value: unknown
}

/** What happens to an insert that meets a row of its key. */
export interface Conflict {
  readonly targets: readonly string[]
  readonly action: 'ignore' | 'replace' | 'update'
  readonly values: Readonly<Record<string, unknown>>
}

/** How the first row is taken. */
export interface FirstOptions {
  readonly behaviour: 'undefined' | 'error' | 'fallback'
  readonly fallback?: () => unknown
}

/** A query. Each kind uses some of these. */
export interface QueryAst {
  readonly kind: 'select' | 'count' | 'insert' | 'update' | 'delete'
  readonly table: QueryTable
  readonly columns: readonly string[]
  readonly where: readonly Condition[]
  readonly orderBy: readonly { readonly col: string; readonly direction: Direction }[]
  readonly limit?: number
  readonly offset?: number
  readonly first?: FirstOptions
  readonly values: Readonly<Record<string, unknown>>
  readonly conflict?: Conflict
  readonly returning: readonly string[]
}

/** All rows of a table. */
export const selectAll = (table: QueryTable): QueryAst => ({
  kind: 'select',
  table,
  columns: [],
  where: [],
  orderBy: [],
  values: {},
  returning: [],
})
