import { cellsOf } from './cells.js'
import type { Memory } from './memory.js'
import type { Rows } from './types.js'

/** Rows of nodes as JavaScript has them. The library gives the same ls_rows while a result stays what it is; here the
 * same object is given for the same ls_rows. Each is kept for as long as somebody holds it. */
export interface RowsCache {
  /** Rows of an ls_rows, held once more. */
  hold(pointer: number): Rows
  /** Held once less; 0 is fine. */
  drop(pointer: number): void
}

export function rowsCache(memory: Memory): RowsCache {
  const held = new Map<number, { rows: Rows; count: number }>()
  return {
    hold(pointer) {
      const entry = held.get(pointer)
      if (entry) {
        entry.count++
        return entry.rows
      }
      const n = memory.wasm.ls_web_rows(memory.web, pointer)
      const rows = cellsOf(memory, n).rows(n)
      held.set(pointer, { rows, count: 1 })
      return rows
    },
    drop(pointer) {
      const entry = held.get(pointer)
      if (!entry || --entry.count > 0) return
      held.delete(pointer)
      memory.wasm.ls_web_rows_release(pointer)
    },
  }
}
