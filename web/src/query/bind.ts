/** Parameters of SQL that a program writes itself: by position, or by name ($id, :id, @id). */
import { SessionIdSymbol } from '../schema/session-id.js'
import type { QueryParam } from './compiled.js'

/** What may be bound to a parameter. undefined is NULL. */
export type BindValue = QueryParam | boolean | undefined

/** Values by position, or by name without the sign before it. */
export type BindValues = readonly BindValue[] | Readonly<Record<string, BindValue>>

/** What holds no parameters (strings, names in quotes, comments), and the parameters. */
const TOKENS =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|([$:@])([\p{L}\p{N}_$]+)/gu

const plain = (value: BindValue, sql: string): QueryParam => {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value === SessionIdSymbol || typeof value !== 'object' || value instanceof Uint8Array) return value
  throw new TypeError(`cannot bind ${Object.prototype.toString.call(value)} in: ${sql}`)
}

const named = (sql: string, values: Readonly<Record<string, BindValue>>): { sql: string; params: QueryParam[] } => {
  const numbers = new Map<string, number>()
  const params: QueryParam[] = []
  const text = sql.replace(TOKENS, (token: string, sign: string | undefined, name: string) => {
    if (!sign) return token
    const key = [name, token].find((found) => Object.hasOwn(values, found))
    if (key === undefined) throw new TypeError(`no value for ${token} in: ${sql}`)
    if (!numbers.has(key)) numbers.set(key, params.push(plain(values[key], sql)))
    return `?${numbers.get(key)}`
  })
  return { sql: text, params }
}

/** SQL with parameters by position only, and their values. */
export const bind = (
  sql: string,
  values: BindValues = [],
): { readonly sql: string; readonly params: readonly QueryParam[] } =>
  Array.isArray(values)
    ? { sql, params: values.map((value: BindValue) => plain(value, sql)) }
    : named(sql, values as Record<string, BindValue>)

/** A template tag for SQL: the text as it stands, with what is put in. */
export const sql = (strings: TemplateStringsArray, ...values: readonly unknown[]): string =>
  String.raw({ raw: strings }, ...values)
