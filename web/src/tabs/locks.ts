/** Web Locks: what tells one tab that another, or a worker, is gone, however it went. */

/** Hold a lock until the function that is given is called. Undefined: it was not free within `waitMs`. */
export const hold = (locks: LockManager, name: string, waitMs?: number): Promise<(() => void) | undefined> =>
  new Promise((resolve) => {
    const until = waitMs === undefined ? {} : { signal: AbortSignal.timeout(waitMs) }
    locks
      .request(name, until, () => new Promise<void>((release) => resolve(release)))
      .catch(() => resolve(undefined))
  })

/** Call `gone` when whoever holds the lock has left it. Gives a function that stops watching. */
export const watch = (locks: LockManager, name: string, gone: () => void): (() => void) => {
  const stop = new AbortController()
  locks
    .request(name, { signal: stop.signal }, () => {
      if (!stop.signal.aborted) gone()
    })
    .catch(() => undefined)
  return () => stop.abort()
}

/** Queue for a lock again and again until `signal` is aborted. `work` has the lock for as long as it takes. */
export const queueFor = async (
  locks: LockManager, name: string, signal: AbortSignal, work: () => Promise<void>,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      await locks.request(name, { signal }, work)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
