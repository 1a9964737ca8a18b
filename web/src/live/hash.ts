/** The hash by which definitions share a live value. */

/** JSON-able: what a definition depends on beside its own text. */
export type Deps = string | number | boolean | null | undefined | readonly Deps[] | { readonly [key: string]: Deps }

/** What JSON does not have, under the name of its type. */
const replacer = (_key: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  return /bigint|symbol|undefined/.test(typeof value) ? { [typeof value]: String(value) } : value
}

/** Values of other types hash otherwise: 1 is not "1". */
export const hashOf = (...parts: readonly unknown[]): string => JSON.stringify(parts, replacer)

/** A function's own text. It says nothing of the values that it closes over: those belong into `deps`. */
export const sourceOf = (fn: (...args: never[]) => unknown, deps: Deps, name: string): string => {
  const source = fn.toString()
  if (deps === undefined && /\{\s*\[(native code|bytecode)\]\s*\}/.test(source)) {
    throw new Error(`${name}: functions have no text here; give {deps: […]} to tell queries apart`)
  }
  return source
}

let objects = 0
const ids = new WeakMap<object, number>()

/** A number for an object that has no text, a schema, say. */
export const idOf = (object: object): number => {
  let id = ids.get(object)
  if (id === undefined) ids.set(object, (id = ++objects))
  return id
}
