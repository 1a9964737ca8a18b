/** What `livestore/react` exports. */

export { StoreRegistry, storeOptions } from '../store/index.js'
export { StoreRegistryContext, StoreRegistryProvider, useStoreRegistry } from './registry.js'
export type { StoreRegistryProviderProps } from './registry.js'
export { useStore, withReactApi } from './store.js'
export type { ReactApi } from './store.js'
export { useQuery, useQueryRef } from './query.js'
export { useClientDocument } from './document.js'
export type {
  ClientDocumentArguments, ClientDocumentOptions, StateSetter, UseClientDocumentResult,
} from './document.js'
export { useNetworkStatus, useSyncStatus, useUndo } from './status.js'
export type { UndoApi } from './status.js'
export { useRcResource } from './resource.js'
export { LiveList } from './list.js'
export type { LiveListProps } from './list.js'
