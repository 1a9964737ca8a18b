/** Live queries: SQL whose result stays what it is while the rows that it reads do. */
import type { Tracker } from '../core/types.js'
import { resolveParams } from '../query/compiled.js'
import type { RawQuery } from '../query/raw.js'
import type { AnySchema } from '../schema/index.js'
import { compile, isQueryInput } from './compile.js'
import type { Compiled } from './compile.js'
import { openComputed } from './compute.js'
import { hashOf, sourceOf } from './hash.js'
import type { Deps } from './hash.js'
import { decoder, defineRows } from './rows-query.js'
import { define } from './share.js'
import type { Opened } from './share.js'
import type { Compilable, Get, LiveContext, LiveQueryDef, QueryInput, RawResult } from './types.js'

/** What `queryDb` takes beside the query. */
export interface QueryOptions<R, M> {
  /** Makes something else of the result. Values that it closes over belong into `deps`. */
  readonly map?: (result: R) => M
  /** Names the query in errors and in the devtools. */
  readonly label?: string
  /** JSON-able values that functions of the query close over: queries that differ in them are not the same. */
  readonly deps?: Deps
}

/** What a function that makes a query is given beside `get`. */
export interface QueryContext {
  readonly store: unknown
}

/** Makes the query anew whenever what it reads with `get` changes. */
type QueryFunction<R> = (get: Get, context: QueryContext) => QueryInput<R>

/** A query that is chosen anew on each run, or whose result is mapped. */
const openChosen = <R, M>(
  context: LiveContext, label: string, choose: (get: Get, context: LiveContext) => Compiled<R>,
  map: ((result: R) => M) | undefined,
): Opened<R | M> => {
  const { sessionId } = context
  const decode = decoder<R>(sessionId)
  return openComputed<R | M>(context, label, (get: Get, tracker: Tracker) => {
    const compiled = choose(get, context)
    const result = decode(compiled, tracker.query(compiled.sql, resolveParams(compiled.params, sessionId)))
    return map ? map(result) : result
  })
}

/** Defines a live query.
 *   input  a query builder, a table, `{query, bindValues, schema}`, or a function that makes one of them
 * Definitions of the same SQL, parameters, functions and `deps` share one live query in a store. */
export function queryDb<R, M = R>(
  input: Compilable<R> | ((get: Get, context: QueryContext) => Compilable<R>), options?: QueryOptions<R, M>,
): LiveQueryDef<M>
export function queryDb<S extends AnySchema | undefined = undefined, M = RawResult<S>>(
  input: RawQuery<S> | ((get: Get, context: QueryContext) => RawQuery<S>), options?: QueryOptions<RawResult<S>, M>,
): LiveQueryDef<M>
export function queryDb<R, M>(
  input: QueryInput<R> | QueryFunction<R>, options: QueryOptions<R, M> = {},
): LiveQueryDef<R | M> {
  const { map, deps } = options
  const fixed = isQueryInput(input) ? compile<R>(input) : undefined
  if (fixed && !map) return defineRows(fixed, options.label, deps)
  const text = fixed ? fixed.hash : sourceOf(input as QueryFunction<R>, deps, 'queryDb')
  const hash = hashOf('chosen', text, map && sourceOf(map, deps, 'queryDb'), deps, options.label)
  const label = options.label ?? fixed?.label ?? text
  const choose = (get: Get, context: LiveContext): Compiled<R> =>
    fixed ?? compile((input as QueryFunction<R>)(get, { store: context.store }))
  return define(hash, label, (context) => openChosen(context, label, choose, map))
}
