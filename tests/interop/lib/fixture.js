// What tests begin with: the server that SERVER names (ours or wrangler), devices that are used again and again (they
// take two seconds to start), clients on them and of ours, and names for stores that no other test uses.
import path from 'node:path'
import { after } from 'node:test'

import { Device } from './livestore.js'
import { Store } from './ours.js'
import { scratch, startServer } from './servers.js'

export const kind = process.env.SERVER ?? 'ours'
export const soak = Boolean(process.env.SOAK)
/** Of a test that does not do much. */
export const limit = { timeout: 60000 }

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

/** Our client with a new store. */
export const ours = (storeId, clientId) => Store.init(path.join(newDir(), storeId), { storeId, clientId })

/** LiveStore's client on the device of a number. Options: transport (ws or http) and those of Device.open. */
export function theirs(number, storeId, server, options = {}) {
  const url = options.transport === 'http' ? server.http : server.ws
  return device(number).open({ storeId, clientId: `theirs${number}`, url, ...options })
}

export const range = (count, make) => Array.from({ length: count }, (_, i) => make(i))
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export async function until(condition, what, timeoutMs = 10000) {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await sleep(20)
  }
}
