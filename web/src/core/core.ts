import { fileFunctions, type HostFiles } from './files.js'
import { chosenFunctions, openChosen } from './chosen.js'
import { openDownlink } from './downlink.js'
import { guard, type Bridge, type HostFunctions } from './host.js'
import { openLog } from './log.js'
import { loadBridge, type WasmSource } from './module.js'
import { nanoid } from './nanoid.js'
import { openStore, openValues } from './store.js'
import { openSync } from './sync.js'
import { transportFunctions } from './transport.js'
import type { Core, CoreStore, OpenOptions } from './types.js'

export interface CoreOptions {
  /** Another module than the one of this package, such as the one with full-text search. */
  readonly wasm?: WasmSource | undefined
  /** Where stores that have a path are kept; without it all are in memory. */
  readonly files?: HostFiles
}

const openWhole = (bridge: Bridge, options: OpenOptions, uplink: boolean): CoreStore => {
  const { session, graph, host, handle } = openStore(bridge, options, uplink)
  return Object.assign(
    session, openLog(bridge, handle), openChosen(bridge, graph), openSync(bridge, host, handle),
    openDownlink(bridge, handle),
  )
}

/** Functions that the module imports for what a session does not do (web/bridge/host.h). */
const callbacks = (bridge: Bridge): HostFunctions => ({
  ...transportFunctions(bridge),
  ...chosenFunctions(bridge),
  ls_host_progress: (id = 0, what = 0, done = 0, total = 0) =>
    guard(bridge.memory, 0, 'LS_EABORT', () => {
      const { onProgress } = bridge.stores.get(id)?.options ?? {}
      if (onProgress?.(bridge.memory.string(what), done, total) === true) throw new Error('stopped')
    }),
})

/** Load the whole library. Each core has memory of its own, and any number of stores. */
export async function loadCore({ wasm: source, files }: CoreOptions = {}): Promise<Core> {
  const bridge = await loadBridge(source, (memory) => fileFunctions(memory, files), callbacks)
  const { memory } = bridge
  const { wasm } = memory
  return {
    version: memory.string(wasm.ls_web_version()),
    open: (options) => openWhole(bridge, options, false),
    openUplink: (options) => openWhole(bridge, options, true),
    checkSchema(options) {
      const values = openValues(options, Object.keys(options.materializers ?? {}))
      memory.scratch(() =>
        memory.check(wasm.ls_web_schema_check(memory.web, memory.values(values), values.length)),
      )
    },
    nanoid,
    memoryBytes: () => wasm.memory.buffer.byteLength,
  }
}
