/** `batchUpdates`: what an app wants to be around the calls that one change makes. */
import type { CoreSession, CoreStore } from '../core/types.js'

/** What tells subscriptions, of what is done here and of what comes from a leader or a server. */
const TELL = ['commit', 'undo', 'redo', 'setSignal', 'batchCommit', 'uplinkReceive', 'frame', 'tick'] as const

/** Let a session tell its subscriptions from inside `batchUpdates`. */
export const batch = (core: CoreSession & Partial<CoreStore>, batchUpdates: (run: () => void) => void): void => {
  const wrap = (call: (...args: any[]) => unknown) => (...args: unknown[]): unknown => {
    let result: unknown
    batchUpdates(() => void (result = call(...args)))
    return result
  }
  for (const name of TELL) {
    const call = core[name]
    if (call) Object.assign(core, { [name]: wrap(call) })
  }
}
