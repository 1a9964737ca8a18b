/** Queries of all forms become SQL with parameters, and a function that makes the result of the rows. */
import { asCompiled, isQueryBuilder } from '../query/index.js'
import type { CompiledQuery } from '../query/index.js'
import type { RawQuery } from '../query/raw.js'
import { hashOf, idOf } from './hash.js'
import type { QueryInput } from './types.js'

/** A query that is ready to run in any session. */
export interface Compiled<R> extends CompiledQuery<R> {
  /** Tells queries apart that read or decode differently. */
  readonly hash: string
}

/** A query builder, a table, or raw SQL? */
export const isQueryInput = (input: unknown): input is QueryInput<any> =>
  isQueryBuilder(input) || typeof (input as Partial<RawQuery> | null | undefined)?.query === 'string'

/** The same without a hash, which takes longer to make than the SQL. */
export const compileInput = asCompiled as <R>(input: QueryInput<R>) => CompiledQuery<R>

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
  const query = compileInput(input)
  const { sql, params, schema } = query
  return { ...query, hash: hashOf(sql, params, schema ? idOf(schema) : emptyResult(query)) }
}
