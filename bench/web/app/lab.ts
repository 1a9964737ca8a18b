/** What is timed inside a page. The runner calls `lab`, which is the same program for both sides. */
import { makeInMemoryAdapter } from '@livestore/adapter-web'
import { createStorePromise, nanoid, queryDb } from '@livestore/livestore'
import type { Store } from '@livestore/livestore'
import { persisted } from '#adapter'
import { events, schema, tables } from './schema.js'

const TEXT = 'Water the plants on the balcony, and buy milk'
const SETTLE_MS = 120_000

let store: Store<typeof schema>
const ids: string[] = []
let renames = 0

const todo = () => {
  const id = nanoid()
  ids.push(id)
  return events.created({ id, text: TEXT })
}
const todos = (count: number) => Array.from({ length: count }, todo)
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Until the leader has said that it has all that was committed here. Where it persists, that is in its log by then. */
const settled = async () => {
  for (const until = performance.now() + SETTLE_MS; !store.syncStatus().isSynced; await sleep(0))
    if (performance.now() > until) throw new Error(`not within ${SETTLE_MS} ms: the leader has all`)
}

const timed = (work: () => unknown): number => {
  const from = performance.now()
  work()
  return performance.now() - from
}

/** Milliseconds of each commit. Between ten of them the page comes to rest, as it does between a user's actions. */
const commits = async (count: number, event: (i: number) => ReturnType<typeof todo | typeof events.renamed>) => {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const made = event(i)
    times.push(timed(() => store.commit(made)))
    if (i % 10 === 9) await settled()
  }
  return times
}

/** A store with that many todos. */
const open = async (kind: 'memory' | 'persisted', storeId: string, count: number) => {
  const adapter = kind === 'memory' ? makeInMemoryAdapter() : persisted()
  store = await createStorePromise({ schema, storeId, adapter, disableDevtools: true })
  await fill(count)
}

const fill = async (count: number) => {
  for (let left = count; left > 0; left -= 1000) {
    store.commit(...todos(Math.min(left, 1000)))
    await settled()
  }
}

/** `work` with a live query that counts the todos. */
const withLiveQuery = async <T>(work: () => Promise<T>): Promise<T> => {
  let told = 0
  const end = store.subscribe(queryDb(tables.todos.count(), { label: 'count' }), () => void told++)
  const result = await work()
  end()
  if (told < 2) throw new Error('the live query was not told')
  return result
}

const rows = {
  commit: (count: number) => commits(count, todo),
  commitLive: (count: number) => withLiveQuery(() => commits(count, todo)),

  /** Single commits one after another: milliseconds for all, until the leader has them. */
  async rate(count: number) {
    const made = todos(count)
    const from = performance.now()
    for (const event of made) store.commit(event)
    await settled()
    return [performance.now() - from]
  },

  /** All in one commit. */
  async batch(count: number) {
    const made = todos(count)
    const ms = timed(() => store.commit(...made))
    await settled()
    return [ms]
  },

  /** Each id is asked for once behind a commit: LiveStore keeps results until then. */
  async point(count: number) {
    store.commit(todo())
    await settled()
    return ids.slice(0, count).map((id) =>
      timed(() => {
        if (store.query(tables.todos.where({ id })).length !== 1) throw new Error(`${id} is not there`)
      }))
  },

  async thousand(count: number) {
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      store.commit(todo())
      await settled()
      times.push(timed(() => {
        if (store.query(tables.todos.limit(1000)).length !== 1000) throw new Error('expected 1000 rows')
      }))
    }
    return times
  },

  /** One row is updated, and 100 live queries for one row each stand; until the one that is touched was told. */
  async live(count: number) {
    const shown: (string | undefined)[] = []
    const ends = ids.slice(0, 100).map((id, i) =>
      store.subscribe(queryDb(tables.todos.where({ id }), { label: id }), ([todo]) => void (shown[i] = todo?.text)))
    const rename = (i: number) => events.renamed({ id: ids[i % 100] as string, text: `Buy milk ${++renames}` })
    const times = await commits(count, rename)
    if (shown[(count - 1) % 100] !== `Buy milk ${renames}`) throw new Error('the live query was not told')
    for (const end of ends) end()
    return times
  },
}

const lab = { open, fill, rows, close: () => store.shutdownPromise() }
declare global {
  interface Window {
    lab: typeof lab
  }
}
window.lab = lab
