/** One live value for each hash and store, counted by reference. */
import type { NodeId, Tracker } from '../core/types.js'
import type { LiveContext, LiveQuery, RcRef } from './types.js'

/** A live value as its kind makes it. */
export interface Opened<R> {
  readonly node: NodeId
  run(): R
  track(tracker: Tracker): R
  /** Give back what was opened beside the node. */
  close?(): void
}

const open = <R>(context: LiveContext, hash: string, label: string, opened: Opened<R>) => ({
  query: {
    _tag: 'live', id: `live-${opened.node}`, label, hash, node: opened.node, run: opened.run, track: opened.track,
  } satisfies LiveQuery<R>,
  references: 0,
  close: () => {
    context.shared.delete(hash)
    opened.close?.()
    context.core.release(opened.node)
  },
})

/** One more reference to the live value of this hash; `make` is called when there is none. */
export const share = <R>(
  context: LiveContext, hash: string, label: string, make: () => Opened<R>,
): RcRef<LiveQuery<R>> => {
  let shared = context.shared.get(hash)
  if (!shared) context.shared.set(hash, (shared = open(context, hash, label, make())))
  const entry = shared
  let held = true
  entry.references++
  return {
    value: entry.query as LiveQuery<R>,
    deref: () => {
      const last = held && --entry.references === 0
      // A store that was shut down has forgotten it.
      if (last && context.shared.get(hash) === entry) entry.close()
      held = false
    },
  }
}
