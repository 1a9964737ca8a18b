/** The errors of a store that a program may want to tell apart. Those of the library are CoreErrors with a `code`, such
 * as "LS_EMATERIALIZE". */
import type { Conflict } from '../core/types.js'

/** Something was asked of a store that has been shut down. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError'
  /** What was asked: "commit", "query" … */
  readonly operation: string
  constructor(storeId: string, operation: string, cause: unknown) {
    super(`${operation}: the store "${storeId}" has been shut down`, { cause })
    this.operation = operation
  }
}

/** A commit can no longer be: what came from elsewhere broke it, or it was refused. It is kept in `store.conflicts`. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  /** The conflict, where it was found in the list. */
  readonly conflict: Conflict | undefined
  constructor(conflict: Conflict | undefined) {
    const why = conflict ? `: ${conflict.error}` : ''
    super(`the commit was set aside${why}; retry or drop it with store.conflicts`)
    this.conflict = conflict
  }
}
