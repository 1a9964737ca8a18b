/** Values made of other live values. */
import { openComputed } from './compute.js'
import { hashOf, sourceOf } from './hash.js'
import type { Deps } from './hash.js'
import { define } from './share.js'
import type { Get, LiveQueryDef } from './types.js'

/** Defines a value that follows from others, which it reads with `get`, and from nothing else. Who looks at it is told
 * only when the new value is not equal to the old one.
 *   deps  JSON-able values that `fn` closes over: definitions of the same text and the same `deps` share one value */
export const computed = <R>(
  fn: (get: Get) => R, options: { readonly label?: string; readonly deps?: Deps } = {},
): LiveQueryDef<R> => {
  const source = sourceOf(fn, options.deps, 'computed')
  const label = options.label ?? source
  const hash = hashOf('computed', source, options.deps, options.label)
  return define(hash, label, (context) => openComputed(context, label, (get) => fn(get)))
}
