/** What is different between two results. */
import { deepEqual } from '../live/index.js'

/** Rows of `after` only, of `before` only, and of both with other values. */
export interface RowDiff<R> {
  readonly added: readonly R[]
  readonly removed: readonly R[]
  readonly changed: readonly { readonly before: R; readonly after: R }[]
}

/** Compares two results of a query; `key` tells rows apart.
 *
 * ```ts
 * const { added, removed, changed } = rowDiff(before, after, (todo) => todo.id)
 * ``` */
export const rowDiff = <R>(before: readonly R[], after: readonly R[], key: (row: R) => unknown): RowDiff<R> => {
  const old = new Map(before.map((row) => [key(row), row]))
  const added: R[] = []
  const changed: { before: R; after: R }[] = []
  for (const row of after) {
    const id = key(row)
    const was = old.get(id)
    if (!old.delete(id)) added.push(row)
    else if (!deepEqual(was, row)) changed.push({ before: was as R, after: row })
  }
  return { added, removed: [...old.values()], changed }
}
