/** Requests as a transport: each frame is the body of a POST, and the body of its answer is a frame. */
import type { CoreTransport } from '../core/types.js'
import type { Told } from './websocket.js'

const codeOf = (status: number): string =>
  status === 401 || status === 403 ? 'LS_EACCESS' : status >= 500 ? 'LS_EOFFLINE' : 'LS_EPROTOCOL'

export const requestTransport = (told: Told, storeId: string): CoreTransport => {
  let address = ''
  let current = new AbortController()

  const post = async (body: string, signal: AbortSignal): Promise<void> => {
    const headers = { 'content-type': 'application/json', 'x-livestore-store-id': storeId }
    try {
      const response = await fetch(address, { method: 'POST', headers, body, signal })
      const text = await response.text()
      if (signal.aborted) return
      if (response.ok) return told.frame(text)
      const reason = `${response.status} ${text.slice(0, 500)}`.trimEnd()
      told.closed({ code: codeOf(response.status), message: `The server refused: HTTP ${reason}` })
    } catch (error) {
      if (!signal.aborted) told.closed({ code: 'LS_EOFFLINE', message: `${new URL(address).host}: ${String(error)}` })
    }
  }

  return {
    requests: true,
    connect(payload) {
      const { signal } = (current = new AbortController())
      address = told.address(payload)
      setTimeout(() => signal.aborted || told.opened())
    },
    send: (frame) => void post(frame, current.signal),
    close: () => current.abort(),
  }
}
