import { CoreError } from './error.js'
import { cellsOf } from './cells.js'
import { openGraph, type OpenGraph } from './graph.js'
import type { Bridge, StoreHost } from './host.js'
import { openReading } from './read.js'
import { readReceipt, readStatus, STAGES } from './records.js'
import { openUplink } from './uplink.js'
import type { CoreReceipt, CoreSession, OpenOptions, Stage } from './types.js'

const DURABILITIES = ['process', 'power', 'later']

/** What a store is opened with, as web/bridge/store.c reads it. */
export function openValues(options: OpenOptions, functions: readonly string[]): (string | number | undefined)[] {
  const { schema, storeId, clientId, sessionId, path, durability = 'process', materializers } = options
  const pairs = functions.flatMap((name) => [name, materializers?.[name]?.version ?? 1])
  return [schema, storeId, clientId, sessionId, path, DURABILITIES.indexOf(durability), ...pairs]
}

/** The part of a store that commits. */
function openWriting({ memory }: Bridge, store: () => number): Pick<
  CoreSession, 'commit' | 'stage' | 'undo' | 'redo' | 'undoStatus' | 'status'
> {
  const { wasm, web } = memory
  const receipt = (result: number): CoreReceipt => readReceipt(cellsOf(memory, result))
  return {
    commit: (events) =>
      memory.scratch(() => {
        const text = memory.text(events)
        return receipt(wasm.ls_web_commit(web, store(), text, memory.written))
      }),
    stage: ({ first, last, serial }) =>
      memory.scratch(() => {
        const values = memory.values([
          first.global, first.client, first.generation, last.global, last.client, last.generation, serial,
        ])
        return STAGES[wasm.ls_web_stage(store(), values)] as Stage
      }),
    undo: (n) => receipt(wasm.ls_web_undo(web, store(), n)),
    redo: (n) => receipt(wasm.ls_web_redo(web, store(), n)),
    undoStatus(most) {
      const cells = cellsOf(memory, wasm.ls_web_undo_status(web, store(), most))
      return { undo: cells.number(), redo: cells.number(), undoName: cells.maybe(), redoName: cells.maybe() }
    },
    status: () => readStatus(cellsOf(memory, wasm.ls_web_status(web, store()))),
  }
}

/** A store as it was opened. */
interface Opened {
  readonly session: CoreSession
  readonly graph: OpenGraph
  readonly host: StoreHost
  /** Throws when it has been closed. */
  handle(): number
}

/** Open a store, or a session whose log is elsewhere. */
export function openStore(bridge: Bridge, options: OpenOptions, uplink: boolean): Opened {
  const { memory, stores } = bridge
  const { wasm, web } = memory
  const host: StoreHost = {
    options,
    functions: Object.keys(options.materializers ?? {}),
    columns: new Map(),
    transport: undefined,
    payload: undefined,
    moving: false,
  }
  const id = bridge.id()
  stores.set(id, host)
  let handle = 0
  try {
    const values = openValues(options, host.functions)
    handle = memory.scratch(() =>
      memory.pointer(wasm.ls_web_open(web, id, Number(uplink), memory.values(values), values.length)),
    )
  } finally {
    if (handle === 0) stores.delete(id)
  }

  const store = (): number => {
    if (handle === 0) throw new CoreError('LS_ENOTFOUND', 'the store has been closed')
    return handle
  }
  const names = (): string[] => cellsOf(memory, wasm.ls_web_names(web, store())).list(4) as string[]
  let known = names()
  // The welcome tells a session whose leader is elsewhere what it is called.
  const name = (at: number): string => (uplink && handle !== 0 ? (known = names()) : known)[at] as string
  const graph = openGraph(bridge, store)

  const session: CoreSession = {
    get storeId() { return name(0) },
    get clientId() { return name(1) },
    get sessionId() { return name(2) },
    get schemaHash() { return name(3) },
    close() {
      if (handle === 0) return
      const result = wasm.ls_web_close(web, handle)
      const error = result < 0 ? memory.error() : undefined
      if (error?.code === 'LS_ELOCKED') throw error
      handle = 0
      graph.close()
      stores.delete(id)
      if (error) throw error
    },
    ...openWriting(bridge, store),
    ...openReading(bridge, store),
    ...graph.graph,
    ...openUplink(bridge, store),
  }
  return { session, graph, host, handle: store }
}
