/** Who leads: the tab that has the lock of the store. The one that has it runs a worker, which is the leader, until the
 * worker dies or the tab closes; the next tab in the queue follows. */
import { queueFor, watch } from './locks.js'
import type { LeaderOptions, WorkerOrder, WorkerReport } from './messages.js'
import { fromPlain, leadLock, randomId, workerLock } from './messages.js'
import type { Workers } from './workers.js'

/** A worker that says nothing for this many beats hangs. */
const BEAT_MS = 5000
const BEATS = 6
/** A worker that is told to end has so long to close its files. */
const END_MS = 1000
/** So many crashes, each soon after the start, and no further worker is tried. */
const CRASHES = 3
const SHORT_MS = 10000

export interface ElectionOptions {
  readonly workers: Pick<Workers, 'start'>
  readonly locks: LockManager
  readonly storeId: string
  /** What the worker is told when it begins. */
  begin(): Omit<LeaderOptions, 'leader' | 'storeId'>
  /** This tab's worker is going to be the leader of this name; `port` leads to it. */
  elected(leader: string, port: MessagePort): void
  /** It is open for sessions. */
  ready(leader: string): void
  report(message: WorkerReport & { type: 'boot' | 'log' }): void
  /** This tab cannot have a leader. */
  failed(error: Error): void
}

export interface Election {
  /** Leads no more, and will not; the worker has closed its files. */
  close(): Promise<void>
}

/** One life of a worker. Gives how it ended: undefined for as it should, an error for a crash. */
const live = (options: ElectionOptions, stop: AbortSignal): Promise<Error | undefined> =>
  new Promise((resolve) => {
    const leader = randomId()
    const { port1, port2 } = new MessageChannel()
    options.elected(leader, port1)
    const worker = options.workers.start((event) =>
      crash(`failed: ${event.message || 'its script cannot be loaded'}`))
    const order = (message: WorkerOrder, transfer: Transferable[] = []): void => worker.postMessage(message, transfer)
    let silent = 0
    let unwatch = (): void => undefined

    const over = (error?: Error): void => {
      clearInterval(beat)
      stop.removeEventListener('abort', end)
      unwatch()
      worker.terminate()
      resolve(error)
    }
    const crash = (why: string): void => over(new Error(`The worker of the store "${options.storeId}" ${why}`))
    const end = (): void => {
      order({ type: 'end' })
      setTimeout(over, END_MS)
    }
    const beat = setInterval(() => (++silent > BEATS ? crash('hangs') : order({ type: 'alive' })), BEAT_MS)

    worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
      silent = 0
      if (data.type === 'ready') {
        unwatch = watch(options.locks, workerLock(leader), () => crash('died'))
        options.ready(leader)
      } else if (data.type === 'failed') {
        options.failed(fromPlain(data.error))
        over()
      } else if (data.type === 'ended') over()
      else if (data.type !== 'alive') options.report(data)
    }
    order({ type: 'begin', port: port2, leader, storeId: options.storeId, ...options.begin() }, [port2])
    if (stop.aborted) end()
    else stop.addEventListener('abort', end)
  })

export const standForElection = (options: ElectionOptions): Election => {
  const stop = new AbortController()
  let crashes = 0
  const lead = async (): Promise<void> => {
    const from = Date.now()
    const crash = await live(options, stop.signal)
    crashes = Date.now() - from > SHORT_MS ? 0 : crashes
    if (!crash) return stop.abort()
    options.report({ type: 'log', level: 'warning', key: 'worker', text: crash.message })
    if (++crashes < CRASHES) return
    options.failed(crash)
    stop.abort()
  }
  const done = queueFor(options.locks, leadLock(options.storeId), stop.signal, lead)
  return {
    close() {
      stop.abort()
      return done
    },
  }
}
