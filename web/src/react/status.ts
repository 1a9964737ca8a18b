/** What a store says of itself, in components: sync, network, undo. */

import { useSyncExternalStore } from 'react'
import type { NetworkState, Receipt, SyncStatus, UndoStatus } from '../store/index.js'
import { useQuery } from './query.js'
import { storeOf } from './types.js'
import type { StoreOption } from './types.js'

/** How far what this session committed has come: whether anything is still to be written, and how much. */
export const useSyncStatus = (options?: StoreOption): SyncStatus => {
  const { subscribeSyncStatus, syncStatus } = storeOf('useSyncStatus', options)
  return useSyncExternalStore(subscribeSyncStatus, syncStatus, syncStatus)
}

/** The connection to the sync server: whether there is one, and what the server does not have yet. */
export const useNetworkStatus = (options?: StoreOption): NetworkState => {
  const { subscribe, get } = storeOf('useNetworkStatus', options).networkStatus
  return useSyncExternalStore(subscribe, get, get)
}

/** What buttons for undo and redo need. */
export interface UndoApi {
  /** Take back the newest commits of this session, or do them again. */
  undo(n?: number): Receipt
  redo(n?: number): Receipt
  readonly canUndo: boolean
  readonly canRedo: boolean
  /** How many of each there are, and the events that are next. */
  readonly status: UndoStatus
}

/** Undo and redo of what this session committed. The component renders again when what can be done is something else.
 *
 * ```tsx
 * const { undo, canUndo } = store.useUndo()
 * return <button disabled={!canUndo} onClick={() => undo()}>Undo</button>
 * ``` */
export const useUndo = (options?: StoreOption): UndoApi => {
  const store = storeOf('useUndo', options)
  const status = useQuery(store.undoStatus$, { store })
  return { undo: store.undo, redo: store.redo, canUndo: status.undo > 0, canRedo: status.redo > 0, status }
}
