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

const equalRecords = (a: Record<string, unknown>, b: Record<string, unknown>): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && deepEqual(a[key], b[key]))
}

/** Equal in value? Arrays, plain objects, dates, bytes, maps and sets are compared by what they hold, maps and sets in
 * their order; anything else (functions, objects of classes) by identity. NaN equals NaN. */
export const deepEqual = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a, b)
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Uint8Array) return equalArrays(a, b as typeof a)
  if (a instanceof Map || a instanceof Set) return equalArrays([...a], [...(b as typeof a)])
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime())
  return isPlain(a) && equalRecords(a as Record<string, unknown>, b as Record<string, unknown>)
}
