/** Values that are set. */
import { deepEqual } from './equal.js'
import { define } from './share.js'
import type { Opened } from './share.js'
import type { LiveContext, SignalBox, SignalDef } from './types.js'

let signals = 0

const boxOf = (context: LiveContext, definition: SignalDef<unknown>): SignalBox => {
  let box = context.signals.get(definition)
  if (!box) context.signals.set(definition, (box = { value: definition.initial, version: 0 }))
  return box
}

/** Defines a value that is set with `store.setSignal` and that queries may depend on. Each store has its own. */
export const signal = <T>(initial: T, options: { readonly label?: string } = {}): SignalDef<T> => {
  const hash = `signal-${++signals}`
  const label = options.label ?? hash
  const start = (context: LiveContext): Opened<T> => {
    const box = boxOf(context, definition)
    const node = context.core.signal(label, box.version)
    const run = (): T => box.value as T
    return {
      node,
      run,
      track: (tracker) => {
        tracker.value(node)
        return run()
      },
    }
  }
  const definition: SignalDef<T> = { ...define(hash, label, start), _tag: 'signal-def', initial }
  return definition
}

/** Sets a signal to a value, or to what a function makes of the old one. An equal value changes nothing. */
export const setSignal = <T>(context: LiveContext, definition: SignalDef<T>, value: T | ((before: T) => T)): void => {
  const box = boxOf(context, definition)
  const next = typeof value === 'function' ? (value as (before: T) => T)(box.value as T) : value
  if (deepEqual(box.value, next)) return
  box.value = next
  box.version++
  const live = context.shared.get(definition.hash)
  if (live) context.core.setSignal(live.query.node, box.version)
}

/** What a signal is now, without a reference to it. */
export const readSignal = <T>(context: LiveContext, definition: SignalDef<T>): T =>
  boxOf(context, definition).value as T
