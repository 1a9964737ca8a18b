// A TCP link to a server that can be cut and healed, and pointed at another port: what a network does to a client.
import { createServer, connect } from 'node:net'
import { once } from 'node:events'

export async function makeLink(port) {
  const sockets = new Set()
  let up = true
  const server = createServer((near) => {
    if (!up) return near.resetAndDestroy()
    const far = connect(link.to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => (sockets.delete(one), other.destroy()))
      one.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const link = {
    to: port,
    port: server.address().port,
    url: `ws://127.0.0.1:${server.address().port}`,
    cut() {
      up = false
      for (const socket of sockets) socket.resetAndDestroy()
    },
    heal() {
      up = true
    },
    /** Holds back what comes, without closing anything, until resume(). */
    pause() {
      for (const socket of sockets) socket.pause()
    },
    resume() {
      for (const socket of sockets) socket.resume()
    },
    close() {
      link.cut()
      server.close()
    },
  }
  return link
}
