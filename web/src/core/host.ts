import { Cells } from './cells.js'
import { readEvent } from './records.js'
import type { Memory } from './memory.js'
import type { RowsCache } from './rows.js'
import type { CoreErrorInfo, CoreTransport, OpenOptions, Rows, SqlParams } from './types.js'

/** Files that the module keeps stores in: a flat row without names, as web/src/opfs gives them. Sizes and offsets are
 * bytes; -1 is a failure, -2 one for want of room. */
export interface HostFiles {
  count(): number
  /** Bytes read: fewer than `out` holds at the end of the file. */
  read(file: number, out: Uint8Array, offset: number): number
  write(file: number, data: Uint8Array, offset: number): number
  truncate(file: number, size: number): number
  flush(file: number): number
  size(file: number): number
  /** So many files are left without a name: add some in time. */
  spare(n: number): void
}

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
function exec(bridge: Bridge, host: StoreHost, m: number, sql: string, params: SqlParams): Rows {
  const { memory } = bridge
  const { wasm, web, top } = memory
  try {
    const text = memory.text(sql)
    const known = host.columns.get(sql)
    const n = memory.check(wasm.ls_web_exec(web, m, text, memory.values(params), params.length, known ? 0 : 1))
    const result = new Cells(memory).rows(n, known)
    if (n > 0 && !known) host.columns.set(sql, result.columns)
    return result
  } finally {
    memory.release(top)
  }
}

function materialize(bridge: Bridge, id: number, index: number, m: number, event: number): void {
  const { memory } = bridge
  const host = bridge.stores.get(id)
  const materializer = host?.options.materializers?.[host.functions[index] ?? '']
  if (!host || !materializer) throw new Error('its function is gone')
  memory.check(memory.wasm.ls_web_event(memory.web, event))
  const read = readEvent(new Cells(memory))
  const result: unknown = materializer.run(read, (sql, params = []) => exec(bridge, host, m, sql, params))
  if (result instanceof Promise) throw new Error('its function is asynchronous; make it change the state at once')
}

/** Functions that the module imports for its callbacks (web/bridge/host.h). Nothing is thrown through C. */
export function hostFunctions(bridge: Bridge): HostFunctions {
  const { memory, stores, nodes } = bridge
  /** Run it; what it throws goes to the error at `err`. */
  const guard = (err: number, code: string, work: () => void): number => {
    try {
      work()
      return 0
    } catch (error) {
      return memory.fail(err, error, code)
    }
  }
  const move = (id: number, err: number, work: (transport: CoreTransport, host: StoreHost) => void): number =>
    guard(err, 'LS_EOFFLINE', () => {
      const host = stores.get(id)
      if (!host?.transport) return
      host.moving = true
      try {
        work(host.transport, host)
      } finally {
        host.moving = false
      }
    })
  const run = (id: number, tracker: number, err: number, failed: number): number => {
    let result = failed
    const code = guard(err, 'LS_EABORT', () => { result = nodes.get(id)?.run?.(tracker) ?? failed })
    if (code === 0 && Object.is(result, failed)) memory.fail(err, new Error('a version is no NaN'), 'LS_EARGS')
    return result
  }
  return {
    ls_host_materialize: (id = 0, index = 0, m = 0, event = 0, err = 0) =>
      guard(err, 'LS_EMATERIALIZE', () => materialize(bridge, id, index, m, event)),
    ls_host_log: (id = 0, level = 0, key = 0, text = 0) => {
      const log = stores.get(id)?.options.onLog
      try {
        log?.(level === 0 ? 'warning' : 'info', memory.string(key), memory.string(text))
      } catch (error) {
        report(error)
      }
    },
    ls_host_progress: (id = 0, what = 0, done = 0, total = 0) =>
      guard(0, 'LS_EABORT', () => {
        if (stores.get(id)?.options.onProgress?.(memory.string(what), done, total) === true) throw new Error('stopped')
      }),
    ls_host_compute: (id = 0, tracker = 0, err = 0) => run(id, tracker, err, NaN),
    ls_host_choose: (id = 0, tracker = 0, err = 0) => run(id, tracker, err, 0),
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
    ls_host_connect: (id = 0, payload = 0, err = 0) =>
      move(id, err, (transport) => transport.connect(payload === 0 ? null : memory.string(payload))),
    ls_host_send: (id = 0, text = 0, size = 0, err = 0) =>
      move(id, err, (transport) => transport.send(memory.slice(text, size))),
    ls_host_disconnect: (id = 0) => void move(id, 0, (transport) => transport.close()),
    ls_host_payload: (id = 0, payload = 0, err = 0) =>
      move(id, err, (_, host) => {
        const json = JSON.stringify(host.payload?.())
        if (json === undefined) return
        const { top } = memory
        try {
          memory.check(memory.wasm.ls_web_payload_set(memory.web, payload, memory.text(json)))
        } finally {
          memory.release(top)
        }
      }),
  }
}

/** Clock, random bytes and files (src/port/wasm/host.h). */
export function systemFunctions(memory: () => Memory, files?: HostFiles): HostFunctions {
  const bytes = (at: number, size: number): Uint8Array => {
    const { wasm } = memory()
    return new Uint8Array(wasm.memory.buffer, at, size)
  }
  return {
    ls_host_time_ms: () => Date.now(),
    ls_host_monotonic_ms: () => performance.now(),
    ls_host_random: (at = 0, size = 0) => {
      // getRandomValues gives 65,536 at most.
      for (let done = 0; done < size; done += 65536) {
        crypto.getRandomValues(bytes(at + done, Math.min(65536, size - done)) as Uint8Array<ArrayBuffer>)
      }
    },
    ls_host_file_count: () => files?.count() ?? 0,
    ls_host_file_read: (file = 0, out = 0, size = 0, offset = 0) => files?.read(file, bytes(out, size), offset) ?? -1,
    ls_host_file_write: (file = 0, at = 0, size = 0, offset = 0) => files?.write(file, bytes(at, size), offset) ?? -1,
    ls_host_file_truncate: (file = 0, size = 0) => files?.truncate(file, size) ?? -1,
    ls_host_file_flush: (file = 0) => files?.flush(file) ?? -1,
    ls_host_file_size: (file = 0) => files?.size(file) ?? -1,
    ls_host_file_spare: (n = 0) => files?.spare(n),
  }
}
