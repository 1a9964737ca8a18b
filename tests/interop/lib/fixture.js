// What the tests share: the server that SERVER names (ours or wrangler), devices that are used again and again (they
// take two seconds to start), and names for stores that no other test uses.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { isDeepStrictEqual } from 'node:util'

import { serverLog } from './frames.js'
import { Device } from './livestore.js'
import { scratch, startServer } from './servers.js'

export const kind = process.env.SERVER ?? 'ours'
export const soak = Boolean(process.env.SOAK)

const shared = []
let server

/** The server of this run; tests that stop it start one of their own. */
export function theServer() {
  server ??= startServer(kind)
  return server
}

/** The device of a number: a process with LiveStore in it. */
export function device(number) {
  return (shared[number] ??= new Device())
}

after(async () => {
  // Handles that a failed test has left would keep the process.
  setTimeout(() => process.exit(), 5000).unref()
  await Promise.all([...shared.filter(Boolean).map((device) => device.kill()), server?.then((it) => it.stop())])
})

let count = 0
/** A store id that is new to the server. */
export const newStore = (name = 'store') => `${name}-${process.pid}-${++count}`

export const newDir = () => scratch('store')

export const created = (id, text = `text of ${id}`) => ({ name: 'v1.TodoCreated', args: { id, text } })
export const updated = (id, text) => ({ name: 'v1.TodoUpdated', args: { id, text } })
export const completed = (id) => ({ name: 'v1.TodoCompleted', args: { id } })
export const range = (count, make) => Array.from({ length: count }, (_, i) => make(i))
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export async function until(condition, what, timeoutMs = 10000) {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await sleep(20)
  }
}

/** Like deepEqual for lists of events, but a failure shows where they part, and not thousands of events. */
export function assertSameEvents(actual, expected, what) {
  const part = expected.findIndex((event, i) => !isDeepStrictEqual(actual[i], event))
  if (part >= 0) assert.deepEqual(actual[part], expected[part], `${what}: other than expected at ${part}`)
  assert.equal(actual.length, expected.length, `${what}: how many`)
}

const plain = ({ name, args, seqNum, clientId, sessionId }) => ({ name, args, seqNum, clientId, sessionId })

/**
 * Waits until all clients have all that the server has, and checks that they are equal: the same log as the server's
 * (names, arguments, numbers, client and session ids) and the same rows. Answers with the log and the rows.
 */
export async function converged(server, storeId, clients) {
  // What is pending first reaches the server, then what others have sent comes back.
  for (const client of clients) await client.synced?.()
  const { events } = await serverLog(server.ws ?? server, storeId)
  const head = events.at(-1)?.seqNum ?? 0
  assert.deepEqual(
    events.map((event) => event.seqNum),
    range(events.length, (i) => i + 1),
  )
  const rows = []
  for (const client of clients) {
    await client.synced?.(head)
    assertSameEvents((await client.log()).map(plain), events.map(plain), `log of ${client.clientId}`)
    rows.push(await client.todos())
  }
  for (const other of rows) assert.deepEqual(other, rows[0], 'rows')
  return { events, rows: rows[0] }
}
