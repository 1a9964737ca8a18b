/** Conditions: from what a program writes, and to SQL. */
import type { SqlValue } from '../core/types.js'
import { encodeColumn, type AnyColumn } from '../schema/columns.js'
import { quote } from './compiled.js'
import type { Condition, QueryTable } from './ast.js'
import type { WhereOperator } from './types.js'

const OPERATORS: readonly string[] = [
  '=',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  'LIKE',
  'NOT LIKE',
  'ILIKE',
  'NOT ILIKE',
  'IN',
  'NOT IN',
  'JSON_CONTAINS',
  'JSON_NOT_CONTAINS',
] satisfies WhereOperator[]

/** The column of a name; an unknown one is an error that lists those there are. */
export const columnOf = (table: QueryTable, name: string): AnyColumn => {
  const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined
  if (!column)
    throw new TypeError(
      `table "${table.name}" has no column "${name}" (it has ${Object.keys(table.columns).join(', ')})`,
    )
  return column
}

/** Where an error about a column's value is. */
export const placeOf = (table: QueryTable, name: string): string => `${table.name}.${name}`

/** A value as its column stores it. */
export const encodeValue = (table: QueryTable, name: string, value: unknown): SqlValue =>
  encodeColumn(columnOf(table, name), value, placeOf(table, name))

/** A value { op, value } with nothing else is a condition; the same as JSON is compared with where(column, '=',
 * value). */
const isOperation = (value: unknown): value is { op: WhereOperator; value: unknown } =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 2 &&
  'value' in value &&
  OPERATORS.includes((value as { op?: unknown }).op as string)

const one = (table: QueryTable, column: string, op: unknown, value: unknown): Condition => {
  columnOf(table, column)
  if (!OPERATORS.includes(op as string))
    throw new TypeError(`where: no such operator ${String(op)} (there are ${OPERATORS.join(', ')})`)
  if (value === undefined)
    throw new TypeError(
      `where: the value for ${placeOf(table, column)} is undefined; compare with null, or leave it out`,
    )
  return { column, op: op as WhereOperator, value }
}

/** The conditions that the arguments of where() mean. */
export const readConditions = (table: QueryTable, args: readonly unknown[]): Condition[] => {
  const [first, second, third] = args
  if (typeof first === 'string')
    return [args.length > 2 ? one(table, first, second, third) : one(table, first, '=', second)]
  return Object.entries(first as object)
    .filter(([, value]) => value !== undefined && !(isOperation(value) && value.value === undefined))
    .map(([column, value]) =>
      isOperation(value) ? one(table, column, value.op, value.value) : one(table, column, '=', value),
    )
}

/** Names that json_each gives its own columns, and hide those of the table. */
const JSON_EACH = /^(key|value|type|atom|id|parent|fullkey|path|json|root)$/i

const contains = (table: QueryTable, { column, op, value }: Condition, params: SqlValue[]): string => {
  const { element } = columnOf(table, column).schema.shape
  if (!element) throw new TypeError(`where: ${op} needs a JSON array; ${placeOf(table, column)} has none`)
  const encoded: unknown = element.encode(value, placeOf(table, column))
  params.push(
    typeof encoded === 'object'
      ? JSON.stringify(encoded)
      : typeof encoded === 'boolean'
        ? Number(encoded)
        : (encoded as SqlValue),
  )
  const from = JSON_EACH.test(column) ? `${quote(table.name)}.${quote(column)}` : quote(column)
  return `${op === 'JSON_CONTAINS' ? '' : 'NOT '}EXISTS (SELECT 1 FROM json_each(${from}) WHERE value = ?)`
}

const among = (table: QueryTable, { column, op, value }: Condition, params: SqlValue[]): string => {
  if (!Array.isArray(value)) throw new TypeError(`where: ${op} needs an array of values for ${placeOf(table, column)}`)
  if (value.length === 0) return op === 'IN' ? '0=1' : '1=1'
  for (const item of value) params.push(encodeValue(table, column, item))
  return `${quote(column)} ${op} (${value.map(() => '?').join(', ')})`
}

const condition = (table: QueryTable, term: Condition, params: SqlValue[]): string => {
  const { column, op, value } = term
  if (value === null) {
    if (op !== '=' && op !== '!=')
      throw new TypeError(`where: ${op} cannot compare ${placeOf(table, column)} with null; = and != can`)
    return `${quote(column)} IS ${op === '=' ? '' : 'NOT '}NULL`
  }
  if (op.startsWith('JSON')) return contains(table, term, params)
  if (op.endsWith('IN')) return among(table, term, params)
  const like = op.endsWith('LIKE')
  params.push(like ? String(value) : encodeValue(table, column, value))
  // SQLite's LIKE takes a and A for the same.
  return `${quote(column)} ${like ? op.replace('ILIKE', 'LIKE') : op} ?`
}

/** " WHERE …", or nothing. */
export const whereSql = (table: QueryTable, where: readonly Condition[], params: SqlValue[]): string =>
  where.length === 0 ? '' : ` WHERE ${where.map((term) => condition(table, term, params)).join(' AND ')}`
