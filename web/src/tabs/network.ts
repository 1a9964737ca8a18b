/** The network as a session tells of it: what the leader said last, and whether the leader takes what is committed. */
import type { CoreErrorInfo } from '../core/types.js'
import type { NetworkState } from '../store/adapter.js'

export interface NetworkNotes {
  now(): NetworkState
  /** The leader tells of its connection. */
  heard(told: NetworkState): void
  /** Why the leader did not take something last: its disk is full, say. It is asked again; what was committed stays
   * here meanwhile. */
  trouble(error: CoreErrorInfo | null): void
}

export const noteNetwork = (log: (key: string, text: string) => void): NetworkNotes => {
  let last: NetworkState = {
    isConnected: false, timestampMs: Date.now(), phase: 'off', pending: 0, conflicts: 0, error: null,
  }
  let refused: CoreErrorInfo | null = null
  let now = last
  const heard = (told: NetworkState): void => {
    last = told
    now = refused ? { ...told, error: refused } : told
  }
  return {
    now: () => now,
    heard,
    trouble(error) {
      if (error?.message === refused?.message) return
      if (error) log('leader', `Commits cannot be saved: ${error.message}`)
      refused = error
      heard(last)
    },
  }
}
