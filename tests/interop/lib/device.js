// A process that holds LiveStore stores, as one device would. It is asked in JSON lines on standard input,
// {"id", "call", "args"}, and answers {"id", "result"} or {"id", "error"} on standard output; {"said": TEXT} lines are
// what LiveStore logs. lib/livestore.js is the other end.
//
// Answers are numbered and may come in another order than the calls.
import { createInterface } from 'node:readline'

import { makeAdapter } from '@livestore/adapter-node'
import { createStorePromise, makeShutdownDeferred, queryDb, StoreInternalsSymbol } from '@livestore/livestore'
import { makeHttpSync, makeWsSync } from '@livestore/sync-cf/client'
import { Deferred, Effect, LogLevel, Schema, Stream } from '@livestore/utils/effect'
import { fetch, WebSocket } from 'undici'

import { eventNamed, schema } from './todos.js'

// Node 20 has no WebSocket, and its fetch does not work with the dispatcher of the undici that Effect brings.
Object.assign(globalThis, { fetch, WebSocket })

const reply = (message) => process.stdout.write(JSON.stringify(message) + '\n')
for (const level of ['log', 'info', 'warn', 'error', 'debug', 'group', 'groupEnd'])
  console[level] = (...words) => reply({ said: words.map(String).join(' ') })

const stores = new Map() // name → the store
const ends = new Map() // name → done when the store has shut itself down
const now = () => performance.timeOrigin + performance.now()
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function storeOf(name) {
  const store = stores.get(name)
  if (!store) throw new Error(`no store '${name}' is open here`)
  return store
}

const backends = {
  ws: (url) => makeWsSync({ url }),
  http: (url, pollMs) => makeHttpSync({ url, livePull: { pollInterval: pollMs } }),
}

/** Opens a store under a name; with `dir` it is kept there, otherwise it lives in memory. */
async function open({
  name,
  storeId,
  clientId,
  url,
  transport = 'ws',
  pollMs = 200,
  dir,
  payload,
  mismatch = 'reset',
}) {
  const backend = url && backends[transport](url, pollMs)
  const adapter = makeAdapter({
    storage: dir ? { type: 'fs', baseDirectory: dir } : { type: 'in-memory' },
    clientId,
    sync: url ? { backend, onSyncError: 'ignore', onBackendIdMismatch: mismatch } : undefined,
  })
  const shutdownDeferred = Effect.runSync(makeShutdownDeferred)
  ends.set(name, shutdownDeferred)
  const store = await createStorePromise({
    shutdownDeferred,
    schema,
    adapter,
    storeId,
    disableDevtools: true,
    batchUpdates: (run) => run(),
    ...(payload === undefined ? {} : { syncPayload: payload, syncPayloadSchema: Schema.JsonValue }),
    logLevel: LogLevel.Warning,
  })
  stores.set(name, store)
}

/** Commits events, in one commit or in commits of `each` events, and answers with the time of the first. */
async function commit({ name, events, each = events.length }) {
  const store = storeOf(name)
  const at = now()
  for (let from = 0; from < events.length; from += each) {
    store.commit(...events.slice(from, from + each).map(({ name, args }) => eventNamed(name)(args)))
    if (each < events.length) await sleep(0)
  }
  return at
}

async function states(name) {
  const { session, leader } = await storeOf(name)._dev.syncStates()
  return {
    session: {
      head: session.localHead.global,
      upstream: session.upstreamHead.global,
      pending: session.pending.length,
    },
    leader: { head: leader.localHead.global, upstream: leader.upstreamHead.global, pending: leader.pending.length },
  }
}

/** Waits until nothing is pending and the backend's head is at least `head` here too. */
async function synced({ name, head = 0, timeoutMs = 20000 }) {
  const deadline = now() + timeoutMs
  for (;;) {
    const { session, leader } = await states(name)
    const done = session.pending === 0 && leader.pending === 0 && leader.upstream >= head && session.head >= head
    if (done) return leader.upstream
    if (now() > deadline) throw new Error(`not synced: ${JSON.stringify({ name, head, session, leader })}`)
    await sleep(5)
  }
}

/** All confirmed events, as they are stored. */
async function log({ name }) {
  const { leader } = await storeOf(name)._dev.syncStates()
  const root = { global: 0, client: 0, rebaseGeneration: 0 }
  if (leader.upstreamHead.global === 0) return []
  const stream = storeOf(name)[StoreInternalsSymbol].clientSession.leaderThread.events.stream({
    since: root,
    until: leader.upstreamHead,
    batchSize: 1000,
  })
  const events = await Effect.runPromise(Stream.runCollect(stream))
  return [...events].map(({ name, args, seqNum, parentSeqNum, clientId, sessionId }) => ({
    name,
    args,
    seqNum: seqNum.global,
    parentSeqNum: parentSeqNum.global,
    clientId,
    sessionId,
  }))
}

/** Answers with the time at which a live query showed the row of an id. */
function seen({ name, id }) {
  const store = storeOf(name)
  const row$ = queryDb(
    {
      query: 'SELECT id FROM todos WHERE id = ?',
      bindValues: [id],
      schema: Schema.Array(Schema.Struct({ id: Schema.String })),
    },
    { label: `seen-${id}`, deps: [id] },
  )
  return new Promise((resolve) => {
    let stop
    const unsubscribe = store.subscribe(row$, (rows) => {
      if (rows.length === 0) return
      resolve(now())
      if (stop) stop()
      else setImmediate(() => stop())
    })
    stop = unsubscribe
  })
}

const calls = {
  open,
  commit,
  synced,
  log,
  seen,
  states: ({ name }) => states(name),
  query: ({ name, sql }) => storeOf(name).query({ query: sql, bindValues: {} }),
  running: ({ name }) => !Effect.runSync(Deferred.isDone(ends.get(name))),
  // LiveStore takes 30 s for it; its connection closes at once.
  close({ name }) {
    const store = storeOf(name)
    stores.delete(name)
    store.shutdownPromise().catch(() => {})
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, args } = JSON.parse(line)
  Promise.resolve()
    .then(() => calls[call](args))
    .then(
      (result = null) => reply({ id, result }),
      (error) => reply({ id, error: error.stack ?? String(error) }),
    )
}
process.exit(0)
