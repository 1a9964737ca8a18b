import { cellsOf } from './cells.js'
import { CoreError } from './error.js'
import type { Bridge } from './host.js'
import type { Memory } from './memory.js'
import { readLinkStatus } from './records.js'
import type { CoreSession } from './types.js'

/** Give a message to one of the functions that receive. */
export const give = (memory: Memory, message: Uint8Array, receive: (at: number, size: number) => number): void =>
  memory.scratch(() => void memory.check(receive(memory.blob(message), message.length)))

/** A copy of the message that was taken. */
export function taken(memory: Memory, result: number): Uint8Array | undefined {
  if (memory.check(result) === 0) return undefined
  memory.fresh()
  const at = memory.ints[(memory.web >> 2) + 4] ?? 0
  return memory.bytes.slice(at, at + (memory.ints[(memory.web >> 2) + 5] ?? 0))
}

/** The session's side of the messages between it and the leader that has its log, as the library makes and reads them. */
export function openUplink(
  { memory }: Bridge, store: () => number,
): Pick<CoreSession, 'uplinkReceive' | 'uplinkTake' | 'uplinkHello' | 'uplinkStatus'> {
  const { wasm, web } = memory
  const uplinkTake = (): Uint8Array | undefined => taken(memory, wasm.ls_web_uplink_take(web, store()))
  return {
    uplinkReceive: (message) => give(memory, message, (at, size) => wasm.ls_web_uplink_receive(web, store(), at, size)),
    uplinkTake,
    uplinkHello() {
      wasm.ls_web_uplink_lost(store())
      const hello = uplinkTake()
      if (!hello) throw new CoreError('LS_ENOTFOUND', 'this store has a log of its own')
      return hello
    },
    uplinkStatus: () => readLinkStatus(cellsOf(memory, wasm.ls_web_uplink_status(web, store()))),
  }
}
