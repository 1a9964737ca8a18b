/** What a store says of its connection to the leader and to the server. */
import { deepEqual } from '../live/index.js'
import type { AdapterSession } from './adapter.js'
import { formatSeqNum } from './seqnum.js'

/** How far the log has what this session committed. What the server has is told by `networkStatus` and by receipts. */
export interface SyncStatus {
  /** Newest event of this session, as text: "e5". */
  readonly localHead: string
  /** Newest event that is safe upstream. */
  readonly upstreamHead: string
  /** Events that are not. */
  readonly pendingCount: number
  /** Nothing is pending. */
  readonly isSynced: boolean
}

/** A value that can be looked at. The same object is given while it is equal. */
export interface Observable<T> {
  get(): T
  /** `told` is called at once, and whenever the value is another one. Gives a function that ends it. */
  subscribe(told: (value: T) => void): () => void
}

/** How far the log has come by now. */
export const syncStatusOf = (session: AdapterSession): SyncStatus => {
  const { head, upstreamHead } = session.core.status()
  const pendingCount = session.unsaved()
  const isSynced = pendingCount === 0
  const safe = isSynced ? head : (session.safeHead?.() ?? upstreamHead)
  return { localHead: formatSeqNum(head), upstreamHead: formatSeqNum(safe), pendingCount, isSynced }
}

/** Changes of what is looked at. Many are told as one, a moment later: counting what is pending takes longer than a
 * commit does. */
export interface Changes {
  /** Who is told. */
  readonly calls: Set<() => void>
  /** Another number behind each change. */
  count(): number
  changed(): void
  end(): void
}

export const makeChanges = (): Changes => {
  const calls = new Set<() => void>()
  let count = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const tell = (): void => {
    timer = undefined
    for (const call of calls) call()
  }
  return {
    calls,
    count: () => count,
    changed: () => {
      count++
      if (calls.size > 0) timer ??= setTimeout(tell)
    },
    end: () => {
      clearTimeout(timer)
      calls.clear()
    },
  }
}

/** A value that changes with a session, to be looked at. */
export const observe = <T>(read: () => T, { calls, count }: Changes): Observable<T> => {
  let last: { readonly value: T; readonly at: number } | undefined
  const get = (): T => {
    const at = count()
    if (last?.at === at) return last.value
    const now = read()
    const value = last && deepEqual(last.value, now) ? last.value : now
    last = { value, at }
    return value
  }
  return {
    get,
    subscribe: (told) => {
      let seen = get()
      const look = (): void => {
        const now = get()
        if (now !== seen) told((seen = now))
      }
      calls.add(look)
      told(seen)
      return () => calls.delete(look)
    },
  }
}
