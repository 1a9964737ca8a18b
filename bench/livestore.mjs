// How fast LiveStore 0.4.0 (npm, Node) syncs: its clients on its own server under wrangler, and on ours. Prints a JSON
// object a line, in the form of `make bench ARGS=--json`. `make bench-livestore` runs it, in build/interop.
//   node livestore.mjs [wrangler|ours ...]     EVENTS=N for the pull of a new client (3000)
//
// Clients are processes of their own with stores in memory; times are between them on one clock.
import { Device } from './lib/livestore.js'
import { makeLink } from './lib/link.js'
import { serverLog } from './lib/frames.js'
import { startServer } from './lib/servers.js'

const range = (count, make) => Array.from({ length: count }, (_, i) => make(i))
const todo = (id) => ({ name: 'v1.TodoCreated', args: { id, text: 'Buy milk' } })
const todos = (prefix, count) => range(count, (i) => todo(`${prefix}${i}`))
const now = () => performance.timeOrigin + performance.now()
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
const kinds = process.argv.length > 2 ? process.argv.slice(2) : ['wrangler', 'ours']

function report(server, row, unit, value, more = {}) {
  const rounded = (x) => Number(x.toPrecision(4))
  const figures = Object.fromEntries(
    Object.entries({ livestore: value, ...more }).map(([name, x]) => [name, rounded(x)]),
  )
  console.log(JSON.stringify({ row, unit, server, ...figures }))
}

/** Two devices with a store on the server. */
async function pair(devices, server, storeId, options = {}) {
  const open = (i) =>
    devices[i].open({ storeId, clientId: `client${i}`, url: server.ws, ...(i === 0 ? options : {}) })
  const clients = [await open(0), await open(1)]
  await clients[0].commit(todo('first'))
  await Promise.all(clients.map((client) => client.synced(1)))
  return clients
}

const rows = {
  /** From commit on one client to a live query that shows it on the other. */
  async visible(server, devices) {
    const [a, b] = await pair(devices, server, 'visible')
    const times = []
    for (const n of range(110, (i) => i)) {
      const seen = b.seen(`v${n}`)
      await b.states() // the subscription is there
      const from = await a.commit(todo(`v${n}`))
      if (n >= 10) times.push((await seen) - from)
      else await seen
      await sleep(20)
    }
    times.sort((x, y) => x - y)
    report(server.kind, 'sync-visible', 'ms', quantile(times, 0.5), { p99: quantile(times, 0.99) })
  },

  /** Events in commits of 100 from one client to another that is connected. */
  async throughput(server, devices) {
    const count = 3000
    const [a, b] = await pair(devices, server, 'throughput')
    const from = now()
    await a.commitMany(todos('t', count), 100)
    await b.synced(1 + count, 120000)
    report(server.kind, 'sync-throughput', 'events/s', count / ((now() - from) / 1000))
  },

  /** A new client takes the log. */
  async pull(server, devices) {
    const count = Number(process.env.EVENTS ?? 3000)
    const { events } = await serverLog(server.ws, 'throughput')
    if (events.length < count) throw new Error('the log of the row before is missing')
    const from = now()
    const c = await devices[0].open({ storeId: 'throughput', clientId: 'new', url: server.ws })
    await c.synced(events.length, 120000)
    report(server.kind, 'sync-pull', 'events/s', events.length / ((now() - from) / 1000))
  },

  /** 1,000 pending events are rebased on 100: from the first byte of these to the last number changed in the session. */
  async rebase(server, devices) {
    const link = await makeLink(server.port)
    const [a, b] = await pair(devices, server, 'rebase', { url: link.url })
    link.pause()
    await a.commitMany(todos('a', 1000), 100)
    await b.commitMany(todos('b', 100), 100)
    await b.synced(101)
    const from = now()
    link.resume()
    for (;;) {
      const { session } = await a.states()
      if (session.upstream >= 101 && session.head >= 1101) break
      await sleep(2)
    }
    report(server.kind, 'rebase-100', 'ms', now() - from)
    link.close()
  },
}

for (const kind of kinds) {
  const server = await startServer(kind)
  for (const [name, measure] of Object.entries(rows)) {
    const devices = [new Device(), new Device()]
    try {
      await Promise.race([
        measure(server, devices),
        sleep(120000).then(() => Promise.reject(new Error('over two minutes'))),
      ])
    } catch (error) {
      console.error(`${kind} ${name}: ${error.message}`)
      process.exitCode = 1
    }
    await Promise.all(devices.map((device) => device.kill()))
  }
  await server.stop()
}
process.exit()
