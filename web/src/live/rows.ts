/** Row objects that stay the same while their rows do: what is shown for a row need not be drawn again. */
import type { Rows, SqlValue } from '../core/types.js'
import { deepEqual } from './equal.js'

type Row = readonly SqlValue[]

/** Where a row stood before: mostly in the same place, otherwise it is looked for by its first column, mostly a key. */
const finder = (rows: readonly Row[]): ((row: Row, at: number) => number) => {
  let places: Map<SqlValue | undefined, number> | undefined
  return (row, at) => {
    if (deepEqual(rows[at], row)) return at
    places ??= new Map(rows.map((old, i) => [old[0], i]))
    const place = places.get(row[0])
    return place !== undefined && deepEqual(rows[place], row) ? place : -1
  }
}

/** Puts the old objects of unchanged rows into a newly decoded result. What is no array of one element for each row (a
 * count, say) is given back as it is. */
export const keepRowObjects = <R>(before: Rows, old: R, after: Rows, decoded: R): R => {
  if (!Array.isArray(old) || !Array.isArray(decoded)) return decoded
  if (old.length !== before.rows.length || decoded.length !== after.rows.length) return decoded
  if (before.columns.join() !== after.columns.join()) return decoded
  const find = finder(before.rows)
  const kept = after.rows.map((row, at): unknown => {
    const place = find(row, at)
    return place < 0 ? decoded[at] : old[place]
  })
  return kept as R
}
