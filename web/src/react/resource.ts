/** Things that a render needs and that must be given back: made once for each key, shared by all components that ask
 * with the same key, ended when the last one has left.
 *
 * A render may be thrown away, repeated or finished much later, and only effects tell which. So a render merely *holds*
 * an entry for a while; an effect *retains* it. Strict mode runs effects as retain, release, retain: what nobody
 * retains ends in a task of its own, not at once. */

import { useEffect, useReducer } from 'react'
import { makeLease, type Lease } from '../store/lease.js'

/** How long a thing waits for the effect of the render that asked for it. */
export const HELD_MS = 1000

export interface Entry<T> {
  readonly value: T
  readonly ended: boolean
  /** Keep it, until the function that this gives is called. */
  retain(): () => void
}

interface OpenEntry<T> extends Entry<T> {
  ended: boolean
  readonly lease: Lease
}

const scopes = new WeakMap<object, Map<string, OpenEntry<unknown>>>()

const open = <T>(value: T, end: () => void): OpenEntry<T> => {
  const lease = makeLease(() => {
    entry.ended = true
    end()
  })
  const entry: OpenEntry<T> = { value, ended: false, lease, retain: () => lease.hold(0) }
  return entry
}

/** The entry of this key, made now if there is none. */
export const hold = <T>(scope: object, key: string, create: () => T, dispose: (value: T) => void): Entry<T> => {
  let entries = scopes.get(scope)
  if (!entries) scopes.set(scope, (entries = new Map()))
  let entry = entries.get(key) as OpenEntry<T> | undefined
  if (!entry) {
    const value = create()
    entry = open(value, () => {
      entries.delete(key)
      dispose(value)
    })
    entries.set(key, entry)
  }
  entry.lease.endIn(HELD_MS)
  return entry
}

/** Keeps an entry while the component is mounted. One that ended before the effects ran is asked for again. */
export const useRetained = (entry: Entry<unknown>): void => {
  const [, renderAgain] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    if (!entry.ended) return entry.retain()
    renderAgain()
    return undefined
  }, [entry])
}

/** A thing that lives as long as components use it: `create` is called once for each scope and key, however many
 * components ask and however often they render; `dispose` once, after the last of them has gone or asks for another
 * key. Both belong to the key: they are those of the first component that asked. */
export const useRcResource = <T>(
  scope: object, key: string, create: () => T, dispose: (resource: NoInfer<T>) => void,
): T => {
  const entry = hold(scope, key, create, dispose)
  useRetained(entry)
  return entry.value
}
