import { CoreError, codeNumber } from './error.js'
import { cellsOf } from './cells.js'
import type { Bridge, StoreHost } from './host.js'
import { readAll, readConflict, readReceipt, readSyncStatus } from './records.js'
import type { CoreStore } from './types.js'

type Sync = Pick<
  CoreStore,
  | 'attach' | 'detach' | 'opened' | 'frame' | 'closed' | 'tick' | 'dueMs' | 'syncStatus' | 'conflicts'
  | 'retryConflict' | 'dropConflict'
>

const BACKENDS = ['set-aside', 'stop', 'upload']

/** The part of a store that syncs: the transport moves frames, the library decides. */
export function openSync(bridge: Bridge, host: StoreHost, store: () => number): Sync {
  const { memory } = bridge
  const { wasm, web } = memory

  /** A store that the transport may tell something. */
  function ready(): number {
    const handle = store()
    if (!host.moving) return handle
    throw new CoreError('LS_ELOCKED', 'a transport calls the store later, not from inside connect, send or close')
  }

  return {
    attach(transport, options) {
      const handle = store()
      const { url = null, payload, backend = 'set-aside', pushEvents, retryMinMs, retryMaxMs, pingMs } = options
      const { transport: before, payload: payloadBefore } = host
      // It may begin to connect from inside.
      host.transport = transport
      host.payload = payload
      try {
        memory.scratch(() => {
          const values = memory.values([
            url, transport.requests === true, payload !== undefined, BACKENDS.indexOf(backend),
            pushEvents ?? 0, retryMinMs ?? 0, retryMaxMs ?? 0, pingMs ?? 0,
          ])
          memory.check(wasm.ls_web_attach(web, handle, values))
        })
      } catch (error) {
        host.transport = before
        host.payload = payloadBefore
        throw error
      }
    },
    detach: () => void wasm.ls_web_detach(ready()),
    opened: () => void wasm.ls_web_opened(ready()),
    frame(text) {
      const handle = ready()
      memory.scratch(() => {
        const frame = memory.text(text)
        wasm.ls_web_frame(handle, frame, memory.written)
      })
    },
    closed(why) {
      const handle = ready()
      memory.scratch(() => wasm.ls_web_closed(web, handle, codeNumber(why.code), memory.text(why.message)))
    },
    tick: () => void wasm.ls_web_tick(ready()),
    dueMs: () => wasm.ls_web_due_ms(store()),
    syncStatus: () => readSyncStatus(cellsOf(memory, wasm.ls_web_sync_status(web, store()))),
    conflicts: () => readAll(cellsOf(memory, wasm.ls_web_conflicts(web, store())), readConflict),
    retryConflict(id, events) {
      const handle = store()
      return memory.scratch(() => {
        const text = events === undefined ? 0 : memory.text(events)
        const size = events === undefined ? 0 : memory.written
        return readReceipt(cellsOf(memory, wasm.ls_web_conflict_retry(web, handle, id, text, size)))
      })
    },
    dropConflict: (id) => void memory.check(wasm.ls_web_conflict_drop(web, store(), id)),
  }
}
