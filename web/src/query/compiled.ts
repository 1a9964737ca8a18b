/** A query as the store runs it. */
import type { Rows, SqlValue } from '../core/types.js'
import { SessionIdSymbol } from '../schema/session-id.js'

/** A parameter of a compiled query. */
export type QueryParam = SqlValue | SessionIdSymbol

/** SQL, its parameters, and how its rows become a result. */
export interface CompiledQuery<Result = unknown> {
  readonly sql: string
  /** SessionIdSymbol stands for the session's id: resolveParams puts it in. */
  readonly params: readonly QueryParam[]
  decode(rows: Rows, sessionId: string): Result
  readonly usedTables: ReadonlySet<string>
  readonly label: string
  /** It changes rows: for materializers only. */
  readonly writes: boolean
  /** A schema that makes the result of all rows; otherwise each row makes an element of it, when that is an array. */
  readonly schema?: object | undefined
}

/** The parameters with the session's id in the place of SessionIdSymbol. */
export const resolveParams = (params: readonly QueryParam[], sessionId: string): readonly SqlValue[] =>
  params.includes(SessionIdSymbol)
    ? params.map((value) => (value === SessionIdSymbol ? sessionId : value))
    : (params as readonly SqlValue[])

/** Rows as objects, values as SQLite has them. */
export const rowObjects = ({ columns, rows }: Rows): Record<string, SqlValue>[] =>
  rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])))

/** A name as SQL has it, in quotes. */
export const quote = (name: string): string => `"${name.includes('"') ? name.replaceAll('"', '""') : name}"`
