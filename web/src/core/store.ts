import { CoreError } from './error.js'
import { Cells } from './cells.js'
import { openGraph } from './graph.js'
import type { Bridge, StoreHost } from './host.js'
import { openLinks } from './links.js'
import { openReading } from './read.js'
import { readReceipt, readStatus, STAGES } from './records.js'
import { openSync } from './sync.js'
import type { CoreReceipt, CoreStore, OpenOptions, Stage } from './types.js'

const DURABILITIES = ['process', 'power', 'later']

/** What a store is opened with, as web/bridge/store.c reads it. */
export function openValues(options: OpenOptions, functions: readonly string[]): (string | number | undefined)[] {
  const { schema, storeId, clientId, sessionId, path, durability = 'process', materializers } = options
  const pairs = functions.flatMap((name) => [name, materializers?.[name]?.version ?? 1])
  return [schema, storeId, clientId, sessionId, path, DURABILITIES.indexOf(durability), ...pairs]
}

/** The part of a store that commits. */
function openWriting(bridge: Bridge, store: () => number): Pick<
  CoreStore, 'commit' | 'stage' | 'flush' | 'undo' | 'redo' | 'undoStatus' | 'status'
> {
  const { memory } = bridge
  const { wasm, web } = memory
  const receipt = (result: number): CoreReceipt => {
    memory.check(result)
    return readReceipt(new Cells(memory))
  }
  return {
    commit(events) {
      const { top } = memory
      try {
        const text = memory.text(events)
        return receipt(wasm.ls_web_commit(web, store(), text, memory.written))
      } finally {
        memory.release(top)
      }
    },
    stage({ first, last, serial }) {
      const { top } = memory
      try {
        const values = memory.values([
          first.global, first.client, first.generation, last.global, last.client, last.generation, serial,
        ])
        return STAGES[wasm.ls_web_stage(store(), values)] as Stage
      } finally {
        memory.release(top)
      }
    },
    flush: () => void memory.check(wasm.ls_web_flush(web, store())),
    undo: (n) => receipt(wasm.ls_web_undo(web, store(), n)),
    redo: (n) => receipt(wasm.ls_web_redo(web, store(), n)),
    undoStatus(most) {
      memory.check(wasm.ls_web_undo_status(web, store(), most))
      const cells = new Cells(memory)
      return { undo: cells.number(), redo: cells.number(), undoName: cells.maybe(), redoName: cells.maybe() }
    },
    status() {
      memory.check(wasm.ls_web_status(web, store()))
      return readStatus(new Cells(memory))
    },
  }
}

/** Open a store, or a session whose log is elsewhere. */
export function openStore(bridge: Bridge, options: OpenOptions, uplink: boolean): CoreStore {
  const { memory, stores } = bridge
  const { wasm, web, top } = memory
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
    handle = memory.pointer(wasm.ls_web_open(web, id, Number(uplink), memory.values(values), values.length))
  } finally {
    if (handle === 0) stores.delete(id)
    memory.release(top)
  }

  const store = (): number => {
    if (handle === 0) throw new CoreError('LS_ENOTFOUND', 'the store has been closed')
    return handle
  }
  const names = (): [storeId: string, clientId: string, sessionId: string, schemaHash: string] => {
    memory.check(wasm.ls_web_names(web, store()))
    return new Cells(memory).list(4) as [string, string, string, string]
  }
  let known = names()
  // The welcome tells a session whose leader is elsewhere what it is called.
  const name = (at: 0 | 1 | 2 | 3): string => (uplink && handle !== 0 ? (known = names()) : known)[at]
  const { graph, close: closeGraph } = openGraph(bridge, store)

  return {
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
      closeGraph()
      stores.delete(id)
      if (error) throw error
    },
    ...openWriting(bridge, store),
    ...openReading(bridge, store),
    ...graph,
    ...openSync(bridge, host, store),
    ...openLinks(bridge, store),
  }
}
