import { loadBridge, type WasmSource } from './module.js'
import { openStore } from './store.js'
import type { CoreSession, OpenOptions } from './types.js'

/** Load as much of the library as a page needs, and open a session whose log is kept by a leader elsewhere. It is empty
 * until it has received the welcome. */
export const loadSession = async (wasm: WasmSource, options: OpenOptions): Promise<CoreSession> =>
  openStore(await loadBridge(wasm), options, true).session
