import { guard, type Bridge, type HostFunctions, type StoreHost } from './host.js'
import type { CoreTransport } from './types.js'

/** Functions that the module imports for stores that sync (web/bridge/host.h). */
export function transportFunctions({ memory, stores }: Bridge): HostFunctions {
  const move = (id: number, err: number, work: (transport: CoreTransport, host: StoreHost) => void): number =>
    guard(memory, err, 'LS_EOFFLINE', () => {
      const host = stores.get(id)
      if (!host?.transport) return
      host.moving = true
      try {
        work(host.transport, host)
      } finally {
        host.moving = false
      }
    })
  return {
    ls_host_connect: (id = 0, payload = 0, err = 0) =>
      move(id, err, (transport) => transport.connect(payload === 0 ? null : memory.string(payload))),
    ls_host_send: (id = 0, text = 0, size = 0, err = 0) =>
      move(id, err, (transport) => transport.send(memory.slice(text, size))),
    ls_host_disconnect: (id = 0) => void move(id, 0, (transport) => transport.close()),
    ls_host_payload: (id = 0, payload = 0, err = 0) =>
      move(id, err, (_, host) => {
        const json = JSON.stringify(host.payload?.())
        if (json === undefined) return
        memory.scratch(() =>
          memory.check(memory.wasm.ls_web_payload_set(memory.web, payload, memory.text(json))),
        )
      }),
  }
}
