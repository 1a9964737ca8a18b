/** Client documents in components: state that is kept with the store, used as `useState` is. Reading one that was never
 * set gives its default and commits nothing. */

import { useCallback } from 'react'
import { deepEqual } from '../live/index.js'
import type { LiveQuery } from '../live/index.js'
import { SessionIdSymbol, mergeDefaults, tableIsClientDocumentTable } from '../schema/index.js'
import type { AnyDocument, DocumentId } from '../schema/index.js'
import { useSource } from './query.js'
import { storeOf } from './types.js'
import type { AnyStore, StoreOption } from './types.js'

type ValueOf<T extends AnyDocument> = T['Value']
type Settable<T extends AnyDocument> = Parameters<T['set']>[0]

/** Sets a document: to a value, or to what a function makes of the newest one. Of a struct only the keys that are given
 * change; those that are undefined stay. Setting what is there commits nothing. */
export type StateSetter<T extends AnyDocument> = (next: Settable<T> | ((before: ValueOf<T>) => Settable<T>)) => void

/** What `useClientDocument` takes beside the table and the id. */
export interface ClientDocumentOptions<T extends AnyDocument> extends StoreOption {
  /** Laid over the default of the table, for as long as the document has not been set. */
  readonly default?: Partial<ValueOf<T>> | ValueOf<T>
}

/** What may be left out: the id of a document that has one of its own. */
export type ClientDocumentArguments<T extends AnyDocument> =
  T['default']['id'] extends DocumentId
    ? [id?: DocumentId | undefined, options?: ClientDocumentOptions<T>]
    : [id: DocumentId, options?: ClientDocumentOptions<T>]

/** The value, its setter, the id, and the live query. */
export type UseClientDocumentResult<T extends AnyDocument> =
  [value: ValueOf<T>, set: StateSetter<T>, id: string, query$: LiveQuery<ValueOf<T>>]

/** A default of the component's own is stored with the first set: behind that, `shown` and `stored` are the same. */
const change = (
  store: AnyStore, table: AnyDocument, id: string, options: ClientDocumentOptions<AnyDocument>, next: unknown,
): void => {
  const shown: unknown = store.query(table.get(id, options))
  const stored: unknown = store.query(table.get(id))
  const given: unknown = typeof next === 'function' ? next(shown) : next
  const whole = table.options.partialSet ? mergeDefaults(shown, given) : given
  const isStored = deepEqual(shown, stored)
  if (isStored && deepEqual(whole, shown)) return
  store.commit(table.set(isStored ? given : whole, id))
}

/** A client document as state of a component.
 *   id  of the document; left out, the table's default id, which may be the session's
 *
 * ```tsx
 * const [{ filter }, setUi] = store.useClientDocument(tables.ui)
 * return <button onClick={() => setUi({ filter: 'all' })}>{filter}</button>
 * ``` */
export const useClientDocument = <T extends AnyDocument>(
  table: T, ...[given, options = {}]: ClientDocumentArguments<T>
): UseClientDocumentResult<T> => {
  const store = storeOf('useClientDocument', options)
  if (!tableIsClientDocumentTable(table)) {
    const { name } = table as AnyDocument
    throw new TypeError(`useClientDocument: "${name}" is no client document; use useQuery`)
  }
  const wanted: unknown = given ?? table.default.id
  const id = wanted === SessionIdSymbol ? store.sessionId : wanted as string
  const { source, result } = useSource<ValueOf<T>>(table.get(id, options), store)
  // `source` is another one when the default is.
  const set = useCallback((next: unknown) => change(store, table, id, options, next), [store, table, id, source])
  return [result, set, id, source.query.value]
}
