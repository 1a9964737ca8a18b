/** Queries of all forms become SQL with parameters, and a function that makes the result of the rows. */
import type { Rows, SqlParams } from '../core/types.js'
import { asCompiled, isQueryBuilder, resolveParams } from '../query/index.js'
import type { CompiledQuery } from '../query/index.js'
import type { RawQuery } from '../query/raw.js'
import { hashOf, idOf } from './hash.js'
import type { QueryInput } from './types.js'

/** A query that is ready to run in any session. */
export interface Compiled<R> {
  readonly sql: string
  readonly label: string
  /** Tells queries apart that read or decode differently. */
  readonly hash: string
  /** Equal rows give equal elements of the result, when that is an array. */
  readonly rowByRow: boolean
  params(sessionId: string): SqlParams
  decode(rows: Rows, sessionId: string): R
}

/** A query builder, a table, or raw SQL? */
export const isQueryInput = (input: unknown): input is QueryInput<any> =>
  isQueryBuilder(input) || typeof (input as Partial<RawQuery> | null | undefined)?.query === 'string'

/** Queries of the same SQL may still differ in what they make of the rows (first() and limit(1), say). */
const emptyResult = (query: CompiledQuery): unknown => {
  try {
    return query.decode({ columns: [], rows: [] }, '')
  } catch (error) {
    return String(error)
  }
}

/** Makes SQL of a builder or of a raw query. */
export const compile = <R>(input: QueryInput<R>): Compiled<R> => {
  const query = asCompiled(input as RawQuery) as CompiledQuery<R>
  const schema = isQueryBuilder(input) ? undefined : (input as RawQuery).schema
  return {
    sql: query.sql,
    label: query.label,
    hash: hashOf(query.sql, query.params, schema ? idOf(schema) : emptyResult(query)),
    rowByRow: !schema,
    params: (sessionId) => resolveParams(query.params, sessionId),
    decode: (rows, sessionId) => query.decode(rows, sessionId),
  }
}
