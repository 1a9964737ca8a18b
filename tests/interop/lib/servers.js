// The two sync servers: ours (`livestore serve`) and LiveStore's own, which runs under wrangler.
// A server is {kind, port, ws, http, data, stop(), kill(), restart({wipe})}; a restarted one keeps its port.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { start, stop } from './children.js'
import { livestore } from './ours.js'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const wrangler = createRequire(import.meta.url).resolve('wrangler/bin/wrangler.js')

const temporary = new Set()
process.on('exit', () => temporary.forEach((dir) => rmSync(dir, { recursive: true, force: true })))

/** A directory that is removed when this process ends. */
export function scratch(name) {
  const dir = mkdtempSync(path.join(tmpdir(), `interop-${name}-`))
  temporary.add(dir)
  return dir
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const kinds = {
  ours: {
    command: (data, port, options) => [
      livestore,
      ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, ...options],
    ],
    ready: /listening on wss?:\/\/[^ ]*:(\d+)/,
  },
  // What it asks of the network (metrics, the Request.cf object) it does without.
  wrangler: {
    command: (data, port) => [
      process.execPath,
      [
        wrangler,
        'dev',
        '--config',
        here('../server/wrangler.toml'),
        '--local',
        '--ip',
        '127.0.0.1',
        '--port',
        `${port}`,
        '--inspector-port',
        '0',
        '--persist-to',
        data,
        '--show-interactive-dev-session=false',
        '--log-level',
        'info',
      ],
    ],
    ready: /Ready on http:\/\/[^ ]*:(\d+)/,
  },
}

async function launch(kind, data, port, options) {
  const [command, args] = kinds[kind].command(data, port, options)
  const env = { ...process.env, HOME: data, TMPDIR: data, CI: '1', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' }
  const child = start(command, args, { env })
  const found = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      child.said = (child.said + line + '\n').slice(-8000)
      const match = kinds[kind].ready.exec(line)
      if (match) resolve(Number(match[1]))
    })
    child.ended.then(({ code, signal }) =>
      reject(new Error(`${kind} server ended (${signal ?? code})\n${child.said}`)),
    )
    setTimeout(() => reject(new Error(`${kind} server is not ready after 60 s\n${child.said}`)), 60000).unref()
  })
  try {
    return { child, port: await found }
  } catch (error) {
    await stop(child, 'SIGKILL')
    throw error
  }
}

/** Options are for `livestore serve`. */
export async function startServer(kind, options = []) {
  const data = scratch(kind)
  let { child, port } = await launch(kind, data, kind === 'ours' ? 0 : await freePort(), options)
  return {
    kind,
    port,
    data,
    ws: `ws://127.0.0.1:${port}`,
    http: `http://127.0.0.1:${port}`,
    said: () => child.said,
    pid: () => child.pid,
    /** Ours ends with 0; anything else, such as what a sanitizer found, is an error. */
    async stop() {
      const { code, signal } = await stop(child)
      if (kind === 'ours' && (code ?? signal) !== 0 && signal !== 'SIGKILL')
        throw new Error(`the server ended with ${signal ?? code}\n${child.said}`)
    },
    kill: () => stop(child, 'SIGKILL'),
    /** Starts it again after stop() or kill(), with an empty disk if `wipe`. */
    async restart({ wipe = false } = {}) {
      if (wipe) for (const name of readdirSync(data)) rmSync(path.join(data, name), { recursive: true, force: true })
      ;({ child } = await launch(kind, data, port, options))
    },
  }
}
