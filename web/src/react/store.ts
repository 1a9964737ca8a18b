/** Stores in components: loading one, and hooks as its methods. */

import type { AnyDocument, DocumentId, LiveStoreSchema } from '../schema/index.js'
import type { RegistryStoreOptions, Store, StoreRegistry } from '../store/index.js'
import { useClientDocument } from './document.js'
import { useQuery } from './query.js'
import { useStoreRegistry } from './registry.js'
import { HELD_MS, hold, useRetained } from './resource.js'
import { useNetworkStatus, useSyncStatus, useUndo } from './status.js'

type AnyOptions = RegistryStoreOptions<any, any>

/** What `useStore` adds to a store: the hooks, of this store. */
export interface ReactApi {
  readonly useQuery: typeof useQuery
  readonly useClientDocument: typeof useClientDocument
  readonly useSyncStatus: typeof useSyncStatus
  readonly useNetworkStatus: typeof useNetworkStatus
  readonly useUndo: typeof useUndo
}

/** Adds the hooks to a store, once. For stores that do not come from a registry. */
export const withReactApi = <TSchema extends LiveStoreSchema, TContext>(
  store: Store<TSchema, TContext>,
): Store<TSchema, TContext> & ReactApi => {
  if ('useQuery' in store) return store as Store<TSchema, TContext> & ReactApi
  const api: ReactApi = {
    useQuery: (queryable) => useQuery(queryable, { store }),
    useClientDocument: ((table: AnyDocument, id?: DocumentId, options?: object) =>
      useClientDocument(table, id, { ...options, store })) as typeof useClientDocument,
    useSyncStatus: () => useSyncStatus({ store }),
    useNetworkStatus: () => useNetworkStatus({ store }),
    useUndo: () => useUndo({ store }),
  }
  return Object.assign(store, api)
}

const awaited = new WeakSet<Promise<unknown>>()

/** Keeps a store from being dropped while it is loaded, and until the components that wait for it can have retained
 * it. */
const keepLoading = (registry: StoreRegistry, options: AnyOptions, promise: Promise<unknown>): void => {
  if (awaited.has(promise)) return
  awaited.add(promise)
  const release = registry.retain(options)
  const leave = (): void => void setTimeout(release, HELD_MS)
  promise.then(leave, leave)
}

/** The store of these options, from the registry of the nearest `StoreRegistryProvider`. Suspends while it is loaded;
 * throws what loading it failed with. It stays open while a component that called this is mounted, and for
 * `unusedCacheTime` after that. */
export const useStore = <TSchema extends LiveStoreSchema, TContext = {}>(
  options: RegistryStoreOptions<TSchema, TContext>,
): Store<TSchema, TContext> & ReactApi => {
  const registry = useStoreRegistry()
  // Asked on every render: a transition could not end if a promise from before were thrown again.
  const store = registry.getOrLoadPromise(options)
  if (store instanceof Promise) {
    keepLoading(registry, options, store)
    throw store
  }
  useRetained(hold(store, 'useStore', () => registry.retain(options), (release) => release()))
  return withReactApi(store)
}
