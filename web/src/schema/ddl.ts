/** Tables as SQL: what stands in the schema document. */
import type { SqlValue } from '../core/types.js'
import { quote } from '../query/compiled.js'
import type { Columns } from '../query/types.js'
import { encodeColumn, hasKey, isSqlDefault, type AnyColumn } from './columns.js'

/** An index of a table. */
export interface Index<Name extends string = string> {
  readonly name: string
  readonly columns: readonly Name[]
  readonly isUnique?: boolean
}

const literal = (value: SqlValue): string => {
  if (typeof value === 'string') return `'${value.replace(/'/g, "''")}'`
  if (value instanceof Uint8Array)
    return `x'${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}'`
  return String(value)
}

const defaultSql = (name: string, column: AnyColumn): string => {
  const value = column.default?.value
  if (!column.default || typeof value === 'function') return ''
  return ` default ${isSqlDefault(value) ? value.sql : literal(encodeColumn(column, value, name))}`
}

const columnSql = (name: string, column: AnyColumn, alone: boolean): string => {
  const constraint = column.primaryKey && alone ? ' primary key' : column.nullable ? '' : ' not null'
  return `${quote(name)} ${column.columnType}${constraint}${defaultSql(name, column)}`
}

/** The columns between the parentheses of CREATE TABLE. */
export const makeColumnSpec = (columns: Columns): string => {
  const keys = Object.keys(columns).filter((name) => columns[name]?.primaryKey)
  const specs = Object.entries(columns).map(([name, column]) => columnSql(name, column, keys.length === 1))
  return [...specs, ...(keys.length > 1 ? [`PRIMARY KEY (${keys.map(quote).join(', ')})`] : [])].join(', ')
}

/** The key of a table that has none of its own: a number that SQLite gives, under a name of its own for it. */
const rowIdSpec = (columns: Columns): string => {
  const taken = Object.keys(columns).map((name) => name.toLowerCase())
  const name = ['rowid', '_rowid_', 'oid'].find((one) => !taken.includes(one))
  return name === undefined ? '' : `${quote(name)} integer primary key, `
}

/** A table and its indexes as statements. */
export const tableSql = (table: {
  readonly name: string
  readonly columns: Columns
  readonly indexes: readonly Index[]
}): string[] => [
  `CREATE TABLE ${quote(table.name)} ` +
    `(${hasKey(table.columns) ? '' : rowIdSpec(table.columns)}${makeColumnSpec(table.columns)}) STRICT`,
  ...table.indexes.map(
    ({ name, columns, isUnique }) =>
      `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ${quote(name)} ` +
      `ON ${quote(table.name)} (${columns.map(quote).join(', ')})`,
  ),
]
