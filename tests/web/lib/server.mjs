/** The sync server as a process, to be stopped and started again on the same data. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { project } from './site.mjs'

const program = process.env.LIVESTORE ?? join(project, 'build/livestore')

async function listening(child) {
  for await (const line of createInterface(child.stdout)) {
    const found = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(line)
    if (found) return Number(found[1])
  }
  throw new Error('the server ended without listening')
}

/** Pages of all origins are let in. */
export async function openServer() {
  const data = mkdtempSync(join(tmpdir(), 'livestore-server-'))
  let child
  let port = 0
  const start = async () => {
    const options = ['--data', data, '--listen', `127.0.0.1:${port}`, '--open', '--cors', '*', '--quiet']
    child = spawn(program, ['serve', ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
    port = await listening(child)
  }
  const stop = async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  await start()
  return {
    url: () => `ws://127.0.0.1:${port}`,
    stop,
    start,
    async close() {
      await stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** A way to the server that can be cut, as when a network goes: what is connected is lost, and nothing connects. */
export async function openGate(url) {
  const { hostname, port } = new URL(url)
  const sockets = new Set()
  let open = true
  const gate = createServer((client) => {
    if (!open) return client.destroy()
    const server = connect(Number(port), hostname)
    for (const [from, to] of [[client, server], [server, client]]) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  await new Promise((ready) => gate.listen(0, '127.0.0.1', ready))
  const cut = () => {
    open = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `ws://127.0.0.1:${gate.address().port}`,
    cut,
    restore: () => void (open = true),
    close: () => {
      cut()
      return new Promise((closed) => gate.close(closed))
    },
  }
}
