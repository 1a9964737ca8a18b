import { CoreError } from './error.js'
import { Cells } from './cells.js'
import type { Bridge } from './host.js'
import type { Memory } from './memory.js'
import { readLinkStatus } from './records.js'
import type { CoreStore } from './types.js'

type Links = Pick<CoreStore, 'downlink' | 'uplinkReceive' | 'uplinkTake' | 'uplinkHello' | 'uplinkStatus'>

/** Give a message to one of the functions that receive. */
function give(memory: Memory, message: Uint8Array, receive: (at: number, size: number) => number): void {
  const { top } = memory
  try {
    memory.check(receive(memory.blob(message), message.length))
  } finally {
    memory.release(top)
  }
}

/** A copy of the message that was taken. */
function taken(memory: Memory, result: number): Uint8Array | undefined {
  if (memory.check(result) === 0) return undefined
  memory.fresh()
  const at = memory.ints[(memory.web >> 2) + 4] ?? 0
  return memory.bytes.slice(at, at + (memory.ints[(memory.web >> 2) + 5] ?? 0))
}

/** Messages between a session and the leader that has its log, as the library makes and reads them. */
export function openLinks(bridge: Bridge, store: () => number): Links {
  const { memory } = bridge
  const { wasm, web } = memory
  const uplinkTake = (): Uint8Array | undefined => taken(memory, wasm.ls_web_uplink_take(web, store()))
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
    uplinkReceive: (message) => give(memory, message, (at, size) => wasm.ls_web_uplink_receive(web, store(), at, size)),
    uplinkTake,
    uplinkHello() {
      wasm.ls_web_uplink_lost(store())
      const hello = uplinkTake()
      if (!hello) throw new CoreError('LS_ENOTFOUND', 'this store has a log of its own, and greets nobody')
      return hello
    },
    uplinkStatus() {
      memory.check(wasm.ls_web_uplink_status(web, store()))
      return readLinkStatus(new Cells(memory))
    },
  }
}
