/** Live queries in components. The graph decides whether a result is another one; a component renders again when the
 * object that it was given is no longer the result. */

import { useSyncExternalStore } from 'react'
import type { RefObject } from 'react'
import { isLiveQuery, toDefinition } from '../live/define.js'
import type { LiveQuery, LiveQueryDef, Queryable, RcRef } from '../live/index.js'
import { checkQueryable } from '../live/read.js'
import { useRcResource } from './resource.js'
import { storeOf } from './types.js'
import type { AnyStore, StoreOption } from './types.js'

/** A live value, as components look at it. */
export interface Source<R> {
  readonly query: RcRef<LiveQuery<R>>
  /** Always the newest result. */
  readonly valueRef: RefObject<R>
  subscribe(told: () => void): () => void
  read(): R
  close(): void
}

/** After `close` it answers what it answered last: React may look once more before it renders with another one. */
const openSource = <R>(store: AnyStore, asked: LiveQueryDef<R> | LiveQuery<R>): Source<R> => {
  const query = store.instantiate<R>(asked)
  let closed = false
  let last: R
  const read = (): R => (closed ? last : (last = store.query(query.value)))
  return {
    query,
    valueRef: {
      get current() {
        return read()
      },
    },
    subscribe: (told) =>
      closed ? () => {} : store.subscribe(query.value, told, { label: 'react', skipInitialRun: true, onError: told }),
    read,
    close: () => {
      closed = true
      try {
        query.deref()
      } catch {
        // The store has been shut down before its components, and its live values with it.
      }
    },
  }
}

/** The live value of a query. The component renders again when its result is another one. */
export const useSource = <R>(
  queryable: Queryable<R>, store: AnyStore,
): { readonly source: Source<R>; readonly result: R } => {
  checkQueryable(queryable, 'useQuery')
  const asked = isLiveQuery(queryable) ? (queryable as LiveQuery<R>) : toDefinition(queryable as LiveQueryDef<R>)
  const key = asked._tag === 'live' ? `live:${asked.id}` : `def:${asked.hash}`
  const source = useRcResource(store, key, () => openSource(store, asked), ({ close }) => close())
  return { source, result: useSyncExternalStore(source.subscribe, source.read, source.read) }
}

/** The result of a query, signal or computed value. The component renders again when it has changed.
 *
 * ```tsx
 * const open$ = queryDb(tables.todos.where({ completed: false }), { label: 'open' })
 * const Count = () => <b>{useStore(options).useQuery(open$).length}</b>
 * ``` */
export const useQuery = <Q extends Queryable<any>>(query: Q, options?: StoreOption): Queryable.Result<Q> =>
  useSource<Queryable.Result<Q>>(query, storeOf('useQuery', options)).result

/** As `useQuery`; gives a reference that holds the newest result at any time, and the live query. */
export const useQueryRef = <Q extends Queryable<any>>(query: Q, options?: StoreOption): {
  readonly valueRef: RefObject<Queryable.Result<Q>>
  readonly queryRcRef: RcRef<LiveQuery<Queryable.Result<Q>>>
} => {
  const { source } = useSource<Queryable.Result<Q>>(query, storeOf('useQueryRef', options))
  return { valueRef: source.valueRef, queryRcRef: source.query }
}
