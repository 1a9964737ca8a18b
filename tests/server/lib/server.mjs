// Starting and ending `livestore serve`. LIVESTORE names another command than the build's.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

export const livestore = process.env.LIVESTORE ?? path.resolve('build/livestore')

const made = []
const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const dir of made) rmSync(dir, { recursive: true, force: true })
})

/** A directory that is removed in the end. */
export function scratch() {
  made.push(mkdtempSync(path.join(tmpdir(), 'livestore-server-')))
  return made.at(-1)
}

/** Runs to its end: {code, out, err}. */
export async function run(args) {
  const child = spawn(livestore, args)
  let out = '', err = ''
  child.stdout.on('data', (data) => (out += data))
  child.stderr.on('data', (data) => (err += data))
  const [code] = await once(child, 'close')
  return { code, out, err }
}

/** Starts a server: {port, pid, data, log(), stop(signal)}. Lines of its log are objects. */
export async function serve({ data = scratch(), port = 0, args = [], host = '127.0.0.1' } = {}) {
  const child = spawn(livestore, ['serve', '--data', data, '--listen', `${host}:${port}`, '--log', 'json', ...args])
  running.add(child)
  const lines = []
  let said = ''
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child)
    return { code, signal }
  })
  createInterface({ input: child.stderr }).on('line', (line) => {
    said += line + '\n'
    if (line.startsWith('{')) lines.push(JSON.parse(line))
  })
  const listening = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /^listening on wss?:\/\/.*:(\d+)$/.exec(line)
      if (match) resolve(Number(match[1]))
    })
    ended.then(() => reject(new Error(`the server has ended: ${said}`)))
  })
  return {
    port: await listening, pid: child.pid, data, ended,
    said: () => said,
    log: (name) => lines.filter(({ event }) => event === name),
    stop: (signal = 'SIGTERM') => (child.kill(signal), ended),
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until `holds` does, looking often. */
export async function until(holds, what = 'it never came to pass', ms = 10000) {
  for (const from = Date.now(); !(await holds()); await sleep(5)) if (Date.now() - from > ms) throw new Error(what)
}

/** Numbers that look random and are the same for the same seed. */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
