import { cellsOf } from './cells.js'
import type { Bridge } from './host.js'
import type { Memory } from './memory.js'
import type { CoreSession, Rows, SqlParams } from './types.js'

type Run = (text: number, values: number, n: number) => number

/** The rows of a query that `run` runs. */
export const readRows = (memory: Memory, sql: string, params: SqlParams, run: Run): Rows =>
  memory.scratch(() => {
    const n = run(memory.text(sql), memory.values(params), params.length)
    return cellsOf(memory, n).rows(n)
  })

/** The part of a store that reads the state. */
export function openReading({ memory }: Bridge, store: () => number): Pick<CoreSession, 'query' | 'stateHash'> {
  const { wasm, web } = memory
  return {
    query: (sql, params = []) =>
      readRows(memory, sql, params, (text, values, n) => wasm.ls_web_query(web, store(), text, values, n)),
    stateHash: () => cellsOf(memory, wasm.ls_web_state_hash(web, store())).text(),
  }
}
