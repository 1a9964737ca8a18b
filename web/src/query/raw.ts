/** Queries that a program writes in SQL, and one form for all queries. */
import { toCodec } from '../schema/convert.js'
import type { AnySchema, TypeOf } from '../schema/types.js'
import type { SqlValue } from '../core/types.js'
import { bind, type BindValues } from './bind.js'
import { isQueryBuilder } from './builder.js'
import { rowObjects, type CompiledQuery } from './compiled.js'
import type { QueryBuilder } from './types.js'

/** A query in SQL. */
export interface RawQuery<S extends AnySchema | undefined = AnySchema | undefined> {
  readonly query: string
  /** Decodes all rows: Schema.Array(Schema.Struct({…})). Without it they are objects with the values of SQLite. */
  readonly schema?: S
  readonly bindValues?: BindValues
  /** The tables that it reads, where they are other than SQLite says. */
  readonly queriedTables?: Iterable<string>
}

/** Whatever a store can query: a builder, a table, or SQL. */
export type Queryable<Result = any> = QueryBuilder<Result> | RawQuery

/** What a queryable results in. */
export type ResultOf<Q> = Q extends { readonly ResultType: infer R }
  ? R
  : Q extends { readonly query: string; readonly schema: infer S }
    ? S extends AnySchema
      ? TypeOf<S>
      : never
    : Q extends { readonly query: string }
      ? readonly Readonly<Record<string, SqlValue>>[]
      : never

const compileRaw = ({ query, schema, bindValues, queriedTables }: RawQuery): CompiledQuery => {
  const codec = schema && toCodec(schema)
  return {
    ...bind(query, bindValues),
    decode: (rows) => (codec ? codec.decode(rowObjects(rows), 'rows') : rowObjects(rows)),
    usedTables: new Set(queriedTables),
    label: query,
    writes: false,
    schema,
  }
}

/** A queryable as the store runs it. */
export const asCompiled = <const Q extends Queryable>(queryable: Q): CompiledQuery<ResultOf<Q>> => {
  if (isQueryBuilder(queryable)) return queryable.asQuery()
  if (typeof (queryable as Partial<RawQuery>)?.query === 'string')
    return compileRaw(queryable as RawQuery) as CompiledQuery<ResultOf<Q>>
  throw new TypeError('expected a query: a table, builder or { query, schema?, bindValues? }')
}
