/** Live values: queries, values computed of them, signals. */
export { computed } from './computed.js'
export { isQueryable } from './define.js'
export { deepEqual } from './equal.js'
export { queryDb } from './query.js'
export type { QueryContext, QueryOptions } from './query.js'
export type { Deps } from './hash.js'
export { signal } from './signal.js'
export type {
  Compilable, Get, LiveContext, LiveQuery, LiveQueryDef, Queryable, QueryInput, RawResult, RawRow, RcRef, SignalDef,
  SubscribeOptions,
} from './types.js'
export type { RawQuery } from '../query/raw.js'
