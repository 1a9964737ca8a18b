/** Starting workers. One is started ahead, while it is not yet known who leads: that takes about as long as compiling
 * the library, and both go on side by side. */
import { leadLock } from './messages.js'

/** A Worker class as `import … from './worker?worker'` gives it, an address, or a function that makes one. */
export type WorkerSource = (new (options?: { name?: string }) => Worker) | URL | string | (() => Worker)

export interface Workers {
  /** Starts one, unless another tab leads. */
  ahead(locks: LockManager): Promise<void>
  /** The one that was started ahead, or a new one. `failed` is told when its script fails, or if it has by then. */
  start(failed: (event: ErrorEvent) => void): Worker
  /** None is needed ahead. */
  drop(): void
}

const startWorker = (source: WorkerSource, name: string): Worker => {
  if (typeof source !== 'function') return new Worker(source, { type: 'module', name })
  // An arrow function has no prototype; a class, and the function that Vite makes of a worker, have one.
  const made = source as (new (options: { name: string }) => Worker) & (() => Worker)
  return source.prototype ? new made({ name }) : made()
}

export const makeWorkers = (source: WorkerSource, storeId: string): Workers => {
  const make = (): Worker => startWorker(source, `livestore-worker-${storeId}`)
  let wanted = true
  let spare: Worker | undefined
  let failure: ErrorEvent | undefined

  const ahead = async (locks: LockManager): Promise<void> => {
    const { held = [] } = await locks.query()
    if (!wanted || held.some(({ name }) => name === leadLock(storeId))) return
    spare = make()
    spare.onerror = (event) => (failure = event)
  }
  const take = (): Worker | undefined => {
    const taken = spare
    spare = undefined
    wanted = false
    return taken
  }
  const start: Workers['start'] = (failed) => {
    const early = take()
    if (early && failure) queueMicrotask(() => failed(failure as ErrorEvent))
    return Object.assign(early ?? make(), { onerror: failed })
  }
  return { ahead, start, drop: () => take()?.terminate() }
}
