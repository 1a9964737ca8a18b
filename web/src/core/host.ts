import { cellsOf } from './cells.js'
import { readEvent } from './records.js'
import type { Memory } from './memory.js'
import type { RowsCache } from './rows.js'
import type { CoreErrorInfo, CoreTransport, OpenOptions, Rows, SqlParams } from './types.js'

/** What the callbacks of a store are. */
export interface StoreHost {
  readonly options: OpenOptions
  readonly functions: readonly string[]
  /** Column names of statements that materializers run. */
  readonly columns: Map<string, readonly string[]>
  transport: CoreTransport | undefined
  payload: (() => unknown) | undefined
  /** The transport is being called: it may not call back. */
  moving: boolean
}

/** What a node of the graph calls. */
export interface NodeHost {
  run?(tracker: number): number
  told?(error: CoreErrorInfo | null): void
  dropped?(): void
}

export type HostFunctions = Record<string, (...args: number[]) => number | void>

/** What the parts of the core share. */
export interface Bridge {
  readonly memory: Memory
  readonly rows: RowsCache
  readonly stores: Map<number, StoreHost>
  readonly nodes: Map<number, NodeHost>
  /** A number that no callback has had yet. */
  id(): number
}

/** Thrown where nobody could catch it, as from a listener of an event. */
function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else queueMicrotask(() => { throw error })
}

/** A materializer's statement. */
function exec({ memory }: Bridge, { columns }: StoreHost, m: number, sql: string, params: SqlParams): Rows {
  const { wasm, web } = memory
  return memory.scratch(() => {
    const text = memory.text(sql)
    const known = columns.get(sql)
    const n = wasm.ls_web_exec(web, m, text, memory.values(params), params.length, known ? 0 : 1)
    const result = cellsOf(memory, n).rows(n, known)
    if (n > 0 && !known) columns.set(sql, result.columns)
    return result
  })
}

function materialize(bridge: Bridge, id: number, index: number, m: number, event: number): void {
  const { memory } = bridge
  const host = bridge.stores.get(id)
  const materializer = host?.options.materializers?.[host.functions[index] ?? '']
  if (!host || !materializer) throw new Error('its function is gone')
  const read = readEvent(cellsOf(memory, memory.wasm.ls_web_event(memory.web, event)))
  const result: unknown = materializer.run(read, (sql, params = []) => exec(bridge, host, m, sql, params))
  if (result instanceof Promise) throw new Error('its function must not be async')
}

/** Run it; what it throws goes to the error at `err`. */
export function guard(memory: Memory, err: number, code: string, work: () => void): number {
  try {
    work()
    return 0
  } catch (error) {
    return memory.fail(err, error, code)
  }
}

/** What the node of this number gives; `failed` when it throws. */
export function runNode({ memory, nodes }: Bridge, id: number, tracker: number, err: number, failed: number): number {
  let result = failed
  const code = guard(memory, err, 'LS_EABORT', () => { result = nodes.get(id)?.run?.(tracker) ?? failed })
  if (code === 0 && Object.is(result, failed)) memory.fail(err, new Error('a version is no NaN'), 'LS_EARGS')
  return result
}

/** Functions that the module imports for its callbacks (web/bridge/host.h). Nothing is thrown through C. */
export function hostFunctions(bridge: Bridge): HostFunctions {
  const { memory, stores, nodes } = bridge
  return {
    ls_host_materialize: (id = 0, index = 0, m = 0, event = 0, err = 0) =>
      guard(memory, err, 'LS_EMATERIALIZE', () => materialize(bridge, id, index, m, event)),
    ls_host_log: (id = 0, level = 0, key = 0, text = 0) => {
      const log = stores.get(id)?.options.onLog
      try {
        log?.(level === 0 ? 'warning' : 'info', memory.string(key), memory.string(text))
      } catch (error) {
        report(error)
      }
    },
    ls_host_compute: (id = 0, tracker = 0, err = 0) => runNode(bridge, id, tracker, err, NaN),
    ls_host_told: (id = 0, error = 0) => {
      try {
        nodes.get(id)?.told?.(error === 0 ? null : memory.error(error))
      } catch (thrown) {
        report(thrown)
      }
    },
    ls_host_drop: (id = 0) => {
      nodes.get(id)?.dropped?.()
      nodes.delete(id)
    },
  }
}

/** The memory, which is there once the module is. */
export type MemoryOf = () => Memory

export const bytesAt = (memory: MemoryOf, at: number, size: number): Uint8Array =>
  new Uint8Array(memory().wasm.memory.buffer, at, size)

/** Clock and random bytes (src/port/wasm/host.h). */
export const systemFunctions = (memory: MemoryOf): HostFunctions => ({
  ls_host_time_ms: () => Date.now(),
  ls_host_monotonic_ms: () => performance.now(),
  ls_host_random: (at = 0, size = 0) => {
    // getRandomValues gives 65,536 at most.
    for (let done = 0; done < size; done += 65536) {
      crypto.getRandomValues(bytesAt(memory, at + done, Math.min(65536, size - done)) as Uint8Array<ArrayBuffer>)
    }
  },
})
