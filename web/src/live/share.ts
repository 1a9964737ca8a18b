/** One live value for each hash and store, counted by reference. */
import type { NodeId, Tracker } from '../core/types.js'
import type { LiveContext, LiveQuery, LiveQueryDef, RcRef } from './types.js'

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

const share = <R>(
  context: LiveContext, hash: string, label: string, start: (context: LiveContext) => Opened<R>,
): RcRef<LiveQuery<R>> => {
  let shared = context.shared.get(hash)
  if (!shared) context.shared.set(hash, (shared = open(context, hash, label, start(context))))
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

/** The definition of a live value; `start` is called for a store in which there is none of this hash. */
export const define = <R>(
  hash: string, label: string, start: (context: LiveContext) => Opened<R>,
): LiveQueryDef<R> => ({
  _tag: 'def',
  label,
  hash,
  make: (context) => share(context, hash, label, start),
})
