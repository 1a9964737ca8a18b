/** Values that follow from other live values. The value stays on this side; the graph in the library knows it by a
 * version, which stays what it is while the new value is equal to the old one: nothing behind it runs then. */
import type { Tracker } from '../core/types.js'
import { isLiveQuery, toDefinition } from './define.js'
import type { Opened } from './share.js'
import type { Get, LiveContext, LiveQuery, LiveQueryDef, QueryInput, RcRef } from './types.js'
import { deepEqual } from './equal.js'

type Refs = Map<string, RcRef<LiveQuery<unknown>>>

/** Reads through a tracker. What is read is held in `next`; what the run before held is used again. */
const getter = (context: LiveContext, tracker: Tracker, before: Refs, next: Refs): { get: Get; end: () => void } => {
  let over = false
  const read = (input: LiveQueryDef<unknown> | LiveQuery<unknown> | QueryInput<unknown>): unknown => {
    if (over) throw new Error('get: its query has run; read what is needed before the first await')
    if (isLiveQuery(input)) return input.track(tracker)
    const definition = toDefinition(input)
    let ref = next.get(definition.hash)
    if (!ref) {
      ref = before.get(definition.hash) ?? definition.make(context)
      next.set(definition.hash, ref)
    }
    return ref.value.track(tracker)
  }
  return { get: read as Get, end: () => void (over = true) }
}

const releaseOthers = (refs: Refs, kept: Refs): void => {
  for (const [hash, ref] of refs) if (kept.get(hash) !== ref) ref.deref()
}

/** Opens a node whose value `compute` makes, each time anew when something that it read has changed. */
export const openComputed = <R>(
  context: LiveContext, label: string, compute: (get: Get, tracker: Tracker) => R,
): Opened<R> => {
  let refs: Refs = new Map()
  let value: R | undefined
  let version = 0
  let failure: { readonly error: unknown } | undefined

  const run = (tracker: Tracker): number => {
    const next: Refs = new Map()
    const { get, end } = getter(context, tracker, refs, next)
    try {
      const result = compute(get, tracker)
      if (version === 0 || failure || !deepEqual(value, result)) {
        value = result
        version++
      }
      failure = undefined
      return version
    } catch (error) {
      failure = { error }
      throw error
    } finally {
      end()
      const before = refs
      refs = next
      releaseOthers(before, next)
    }
  }
  /** An error that came from here is thrown as it was. */
  const after = (read: () => void): R => {
    try {
      read()
    } catch (error) {
      throw failure ? failure.error : error
    }
    return value as R
  }
  const node = context.core.computed(label, run)
  return {
    node,
    run: () => after(() => context.core.value(node)),
    track: (tracker) => after(() => tracker.value(node)),
    close: () => releaseOthers(refs, new Map()),
  }
}
