// What the C library is told of a call on a file: exceptions become the numbers of src/port/wasm/host.h.

/** Storage failed. */
export const FAILED = -1
/** There is no room left: over the quota of storage. */
export const FULL = -2

const codeOf = (error: unknown) => (error instanceof Error && error.name === 'QuotaExceededError' ? FULL : FAILED)

/** The result of `call`, 0 when it gives none, or what the library knows of the error; `onError` is told all of it. */
export const resultOf = (call: () => number | void, onError?: (error: unknown) => void): number => {
  try {
    return call() ?? 0
  } catch (error) {
    onError?.(error)
    return codeOf(error)
  }
}
