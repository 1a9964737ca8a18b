/** `livestore/worker`: what an app's worker file is made of. */
import type { WorkerOrder, WorkerReport } from '../tabs/messages.js'
import { toPlain } from '../tabs/messages.js'
import type { Begun, WorkerOptions } from './begin.js'
import { begin } from './begin.js'

export type { WorkerOptions } from './begin.js'
export type { SyncBackendOptions, SyncServer, WorkerSync } from './sync.js'
export { makeWsSync } from './sync.js'

/** A worker's side of its own postMessage, which TypeScript knows of in its library for workers only. */
interface Scope {
  postMessage(message: unknown): void
  onmessage: ((event: MessageEvent<WorkerOrder>) => void) | null
}

/** Make this worker the one that keeps a store: call it once, at the top of the worker file. */
export const makeWorker = (options: WorkerOptions): void => {
  const scope = globalThis as unknown as Scope
  const report = (message: WorkerReport): void => scope.postMessage(message)
  let begun: Promise<Begun | undefined> = Promise.resolve(undefined)

  const failed = (error: unknown): undefined => report({ type: 'failed', error: toPlain(error) }) as undefined
  const end = async (): Promise<void> => {
    const running = await begun
    running?.end()
    report({ type: 'ended' })
  }

  scope.onmessage = ({ data }) => {
    if (data.type === 'begin') begun = begin(options, data, data.port, report).catch(failed)
    else if (data.type === 'alive') report({ type: 'alive' })
    else end().catch(failed)
  }
}
