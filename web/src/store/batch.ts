/** `batchUpdates`: what an app wants to be around the calls that one change makes. */
import type { CoreSession } from '../core/types.js'

/** What tells subscriptions. */
const TELL = ['commit', 'undo', 'redo', 'setSignal', 'batchCommit'] as const

/** The same session, whose subscriptions are told from inside `batchUpdates`. */
export const batched = (core: CoreSession, batchUpdates: (run: () => void) => void): CoreSession => {
  const wrap = (call: (...args: any[]) => unknown) => (...args: unknown[]): unknown => {
    let result: unknown
    batchUpdates(() => void (result = call(...args)))
    return result
  }
  return Object.assign(Object.create(core), Object.fromEntries(TELL.map((name) => [name, wrap(core[name])])))
}
