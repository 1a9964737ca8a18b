import { CoreError } from './error.js'
import type { Bridge } from './host.js'
import type { CoreStore } from './types.js'
import { give, taken } from './uplink.js'

/** The leader's side of the messages between a session and the leader that has its log. */
export function openDownlink({ memory }: Bridge, store: () => number): Pick<CoreStore, 'downlink'> {
  const { wasm, web } = memory
  return {
    downlink(hello) {
      let handle = memory.pointer(wasm.ls_web_downlink_open(web, store()))
      const open = (): number => {
        store()
        if (handle === 0) throw new CoreError('LS_ENOTFOUND', 'the downlink has been closed')
        return handle
      }
      const close = (): void => {
        if (handle === 0) return
        store()
        wasm.ls_web_downlink_close(handle)
        handle = 0
      }
      const receive = (message: Uint8Array): void =>
        give(memory, message, (at, size) => wasm.ls_web_downlink_receive(web, open(), at, size))
      try {
        receive(hello)
      } catch (error) {
        close()
        throw error
      }
      return { receive, take: () => taken(memory, wasm.ls_web_downlink_take(web, open())), close }
    },
  }
}
