// Child processes that do not outlive this one.
import { spawn } from 'node:child_process'

const running = new Set()
process.on('exit', () => running.forEach((child) => signal(child, 'SIGKILL')))
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1))

/** Starts a program in a process group of its own. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options, detached: true })
  running.add(child)
  child.said = ''
  child.stderr.on('data', (data) => (child.said = (child.said + data).slice(-8000)))
  child.stdin.on('error', () => {}) // it ended while we wrote; whoever waits for an answer hears of that
  child.ended = new Promise((resolve) => {
    child.on('error', (error) => ((child.said += error.message), resolve({ code: 127, signal: null })))
    child.on('exit', (code, signal) => resolve({ code, signal }))
  }).finally(() => running.delete(child))
  return child
}

function signal(child, name) {
  if (!child.pid) return
  try {
    process.kill(-child.pid, name)
  } catch {
    // It is gone already.
  }
}

/** Ends it and its children; a SIGTERM that is not heeded within `graceMs` is followed by SIGKILL. */
export async function stop(child, name = 'SIGTERM', graceMs = 5000) {
  signal(child, name)
  const kill = setTimeout(() => signal(child, 'SIGKILL'), graceMs)
  const result = await child.ended
  clearTimeout(kill)
  return result
}

/** Runs a program to its end and answers with what it printed; a status other than 0 is an error unless allowed. */
export async function run(command, args, { input, allow = [0], timeoutMs = 60000, ...options } = {}) {
  const child = start(command, args, options)
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text))
  child.stdin.end(input)
  const closed = new Promise((resolve) => child.on('close', resolve))
  const timer = setTimeout(() => stop(child, 'SIGKILL'), timeoutMs)
  const { code, signal } = await child.ended
  await closed
  clearTimeout(timer)
  if (!allow.includes(code))
    throw new Error(`${command} ${args.join(' ')}: ended with ${signal ?? code}\n${child.said}${out}`)
  return { code, out, err: child.said }
}
