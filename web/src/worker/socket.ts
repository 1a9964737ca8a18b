/** A WebSocket as a transport. */
import type { CoreTransport } from '../core/types.js'
import type { Told } from './websocket.js'

/** docs/server.md: the token is not good, or not any more. */
const NOT_LET_IN = 4401

export const socketTransport = (told: Told): CoreTransport => {
  let current: WebSocket | undefined

  const open = (address: string): void => {
    const socket = new WebSocket(address)
    let opened = false
    const isCurrent = (): boolean => socket === current
    current = socket
    socket.onopen = () => {
      opened = true
      if (isCurrent()) told.opened()
    }
    socket.onmessage = ({ data }: MessageEvent) => {
      if (isCurrent()) told.frame(String(data))
    }
    socket.onclose = ({ code, reason }) => {
      if (!isCurrent()) return
      current = undefined
      const host = new URL(address).host
      // A browser does not tell why a connection could not be made.
      const message = opened
        ? `${host} closed the connection: ${code} ${reason}`.trimEnd()
        : `${host} cannot be reached, or does not let this page in`
      told.closed({ code: code === NOT_LET_IN ? 'LS_EACCESS' : 'LS_EOFFLINE', message })
    }
  }

  return {
    connect: (payload) => open(told.address(payload)),
    send: (frame) => current?.send(frame),
    close() {
      const socket = current
      current = undefined
      socket?.close()
    },
  }
}
