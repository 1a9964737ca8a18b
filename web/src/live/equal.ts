/** Equality of values that are data: what a computed value, a signal and the rows of a query are compared with. */

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const equalArrays = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!deepEqual(a[i], b[i])) return false
  return true
}

const equalMaps = (a: Map<unknown, unknown>, b: Map<unknown, unknown>): boolean =>
  a.size === b.size && [...a].every(([key, value]) => b.has(key) && deepEqual(value, b.get(key)))

const equalSets = (a: Set<unknown>, b: Set<unknown>): boolean =>
  a.size === b.size && [...a].every((item) => b.has(item))

const equalRecords = (a: Record<string, unknown>, b: Record<string, unknown>): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && deepEqual(a[key], b[key]))
}

/** Equal in value? Arrays, plain objects, dates, bytes, maps and sets are compared by what they hold, anything else
 * (functions, objects of classes) by identity. NaN equals NaN. */
export const deepEqual = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a, b)
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (isPlain(a)) return equalRecords(a as Record<string, unknown>, b as Record<string, unknown>)
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime())
  if (a instanceof Uint8Array) return equalArrays(a, b as Uint8Array)
  if (a instanceof Map) return equalMaps(a, b as Map<unknown, unknown>)
  if (a instanceof Set) return equalSets(a, b as Set<unknown>)
  return false
}
