/** Who a tab is: a client id that all tabs of a browser profile share, and a session id that survives a reload. */
import { hold } from './locks.js'
import { randomId, sessionLock } from './messages.js'

/** Long enough for a page that is being reloaded to let go of its session. */
const RELOAD_MS = 300

/** A storage of the browser; undefined where pages may have none. */
export const storageOf = (kind: 'localStorage' | 'sessionStorage'): Storage | undefined => {
  try {
    return (globalThis as Partial<Pick<typeof globalThis, typeof kind>>)[kind]
  } catch {
    return undefined
  }
}

const keep = (storage: Storage | undefined, key: string, value: string): string => {
  try {
    storage?.setItem(key, value)
  } catch {
    // Full or forbidden: the id is good for as long as the page lives.
  }
  return value
}

const clientKey = (storeId: string): string => `livestore:clientId:${storeId}`

/** The id that was kept, or a new one. A store that exists has its own: see `keepClientId`. */
export const takeClientId = (storeId: string, storage: Storage | undefined): string =>
  storage?.getItem(clientKey(storeId)) ?? randomId()

export const keepClientId = (storeId: string, storage: Storage | undefined, clientId: string): void =>
  void keep(storage, clientKey(storeId), clientId)

export interface TakenSession {
  readonly sessionId: string
  release(): void
}

/** A duplicated tab comes with a copy of the session storage: the lock is taken, so the session gets a new id. */
export const takeSessionId = async (
  storeId: string, storage: Storage | undefined, locks: LockManager,
): Promise<TakenSession> => {
  const key = `livestore:sessionId:${storeId}`
  const kept = storage?.getItem(key)
  const held = kept ? await hold(locks, sessionLock(storeId, kept), RELOAD_MS) : undefined
  if (kept && held) return { sessionId: kept, release: held }
  const sessionId = keep(storage, key, randomId())
  const release = await hold(locks, sessionLock(storeId, sessionId))
  return { sessionId, release: release ?? (() => undefined) }
}
