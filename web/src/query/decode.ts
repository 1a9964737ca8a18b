/** Rows as what a query results in. */
import type { Rows, SqlValue } from '../core/types.js'
import type { QueryAst, QueryTable } from './ast.js'
import { columnOf, placeOf } from './where.js'

type Cell = (value: SqlValue | undefined) => unknown

const cellOf = (table: QueryTable, name: string): Cell => {
  const { schema } = columnOf(table, name)
  const place = placeOf(table, name)
  return (value) => schema.decode(value, place)
}

const objects = (table: QueryTable, { columns, rows }: Rows): unknown[] => {
  const cells = columns.map((name) => cellOf(table, name))
  return rows.map((row) => {
    const object: Record<string, unknown> = {}
    for (let i = 0; i < cells.length; i++) object[columns[i] as string] = (cells[i] as Cell)(row[i])
    return object
  })
}

const elements = ({ table, columns }: QueryAst, rows: Rows): unknown[] => {
  if (columns.length !== 1) return objects(table, rows)
  const cell = cellOf(table, columns[0] as string)
  return rows.rows.map((row) => cell(row[0]))
}

const first = ({ table, first: options }: QueryAst, found: readonly unknown[]): unknown => {
  if (found.length > 0) return found[0]
  if (options?.behaviour === 'error') throw new Error(`no row of "${table.name}" matches the query`)
  return options?.fallback?.()
}

/** The result of a query. Who runs a write without `returning` gives the number of rows as the one cell. */
export const decodeRows = (ast: QueryAst, rows: Rows): unknown => {
  if (ast.returning.length > 0) return objects(ast.table, rows)
  if (ast.kind !== 'select') return Number(rows.rows[0]?.[0] ?? 0)
  const found = elements(ast, rows)
  return ast.first ? first(ast, found) : found
}
