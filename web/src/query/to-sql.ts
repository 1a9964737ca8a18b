/** Queries as SQL. Table and column names are in double quotes, and every value is a parameter. */
import type { SqlValue } from '../core/types.js'
import { hasKey } from '../schema/columns.js'
import type { Conflict, QueryAst, QueryTable } from './ast.js'
import { quote } from './compiled.js'
import { columnOf, encodeValue, whereSql } from './where.js'

type Values = Readonly<Record<string, unknown>>

const list = (names: readonly string[]): string => names.map(quote).join(', ')

const limits = ({ limit, offset }: QueryAst, params: SqlValue[]): string => {
  if (limit !== undefined) params.push(limit)
  if (offset === undefined) return limit === undefined ? '' : ' LIMIT ?'
  params.push(offset)
  return ` LIMIT ${limit === undefined ? '-1' : '?'} OFFSET ?`
}

const select = (ast: QueryAst, params: SqlValue[]): string => {
  const { columns: all } = ast.table
  const chosen = ast.columns.length === 0 && !hasKey(all) ? Object.keys(all) : ast.columns
  const columns = chosen.length === 0 ? '*' : list(chosen)
  const where = whereSql(ast.table, ast.where, params)
  const order = ast.orderBy.map(({ col, direction }) => `${quote(col)} ${direction}`).join(', ')
  return `SELECT ${columns} FROM ${quote(ast.table.name)}${where}${order && ` ORDER BY ${order}`}${limits(ast, params)}`
}

const count = (ast: QueryAst, params: SqlValue[]): string =>
  `SELECT COUNT(*) as count FROM ${quote(ast.table.name)}${whereSql(ast.table, ast.where, params)}`

/** The values with the defaults that are functions. What else is missing is an error. */
const complete = (table: QueryTable, values: Values): Values => {
  let all = values
  for (const name of Object.keys(table.columns)) {
    if (values[name] !== undefined) continue
    const column = columnOf(table, name)
    if (typeof column.default?.value === 'function') all = { ...all, [name]: column.default.value() }
    else if (!column.default && !column.nullable && !column.autoIncrement) {
      throw new TypeError(`insert into "${table.name}": no value for "${name}", which has no default`)
    }
  }
  return all
}

/** " SET …"; undefined stands for the value that was to be inserted. */
const setSql = (table: QueryTable, values: Values, params: SqlValue[]): string => {
  const sets = Object.entries(values).map(([name, value]) => {
    if (value === undefined) return `${quote(name)} = excluded.${quote(name)}`
    params.push(encodeValue(table, name, value))
    return `${quote(name)} = ?`
  })
  return ` SET ${sets.join(', ')}`
}

const conflictSql = (table: QueryTable, { targets, action, values }: Conflict, params: SqlValue[]): string => {
  if (action === 'replace') return ''
  const target = ` ON CONFLICT (${list(targets)}) DO `
  if (action === 'ignore') return `${target}NOTHING`
  return `${target}UPDATE${setSql(table, values, params)}`
}

const insert = ({ table, values, conflict }: QueryAst, params: SqlValue[]): string => {
  const all = complete(table, values)
  const names = Object.keys(all)
  for (const name of names) params.push(encodeValue(table, name, all[name]))
  const into = `INSERT ${conflict?.action === 'replace' ? 'OR REPLACE ' : ''}INTO ${quote(table.name)}`
  if (names.length === 0) return `${into} DEFAULT VALUES`
  const row = `${into} (${list(names)}) VALUES (${names.map(() => '?').join(', ')})`
  return conflict ? row + conflictSql(table, conflict, params) : row
}

const update = ({ table, values, where }: QueryAst, params: SqlValue[]): string => {
  if (Object.keys(values).length === 0) {
    console.warn(`update of "${table.name}" names no column: nothing is changed`)
    return 'SELECT 1'
  }
  return `UPDATE ${quote(table.name)}${setSql(table, values, params)}${whereSql(table, where, params)}`
}

const remove = ({ table, where }: QueryAst, params: SqlValue[]): string =>
  `DELETE FROM ${quote(table.name)}${whereSql(table, where, params)}`

const KINDS = { select, count, insert, update, delete: remove }

/** SQL and parameters of a query. */
export const toSql = (ast: QueryAst): { readonly sql: string; readonly params: SqlValue[] } => {
  const params: SqlValue[] = []
  const sql = KINDS[ast.kind](ast, params)
  return {
    sql: ast.returning.length > 0 && sql !== 'SELECT 1' ? `${sql} RETURNING ${list(ast.returning)}` : sql,
    params,
  }
}
