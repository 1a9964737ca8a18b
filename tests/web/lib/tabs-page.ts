/** A page that opens sessions as the tests say. */
import type { LiveStoreSchema } from '../../../web/src/schema/index.js'
import type { AdapterSession, BootStatus } from '../../../web/src/store/adapter.js'
import { makePersistedAdapter } from '../../../web/src/tabs/index.js'
import { calls, schemas } from './schemas.js'

interface Settings {
  readonly storeId?: string
  readonly url?: string
  readonly payload?: unknown
  readonly reset?: boolean
  readonly directory?: string
  readonly sessionId?: string
  /** One of schemas.ts; default: plain. The worker has another one where its words say so. */
  readonly schema?: string
  /** Or a schema document, which has materializers of SQL only. */
  readonly document?: string
  /** Another module than the ordinary one. */
  readonly wasm?: string
  /** Words for the worker of this tab (tabs-worker.ts). */
  readonly worker?: string
}

const schemaOf = ({ schema = 'plain', document }: Settings): LiveStoreSchema => {
  if (document) return { document, materializers: {} } as unknown as LiveStoreSchema
  const found = schemas[schema]
  if (found) return found
  throw new Error(`there is no schema "${schema}"`)
}

let session: AdapterSession | undefined
let worker: Worker | undefined
let serial = 0
const statuses: BootStatus[] = []
const logs: string[] = []
let ended: string | undefined

const opened = (): AdapterSession => {
  if (session) return session
  throw new Error('open the store first')
}

const lab = {
  statuses,
  logs,
  ended: () => ended,
  async open(settings: Settings = {}) {
    const from = performance.now()
    const words = `${settings.worker ?? ''}&schema=${settings.schema ?? 'plain'}`
    const adapter = makePersistedAdapter({
      worker: () => (worker = new Worker('/tabs-worker.js', { type: 'module', name: `leader?${words}` })),
      resetPersistence: settings.reset === true,
      ...(settings.url && { sync: { url: settings.url } }),
      ...(settings.directory && { storage: { type: 'opfs', directory: settings.directory } }),
      ...(settings.sessionId && { sessionId: settings.sessionId }),
      ...(settings.wasm && { wasm: settings.wasm }),
    })
    session = await adapter({
      schema: schemaOf(settings),
      storeId: settings.storeId ?? 'test',
      syncPayload: settings.payload,
      onBootStatus: (status) => statuses.push(status),
      onLog: (level, key, text) => logs.push(`${level} ${key}: ${text}`),
    })
    void session.ended.then((error) => (ended = error.message))
    const { storageMode } = session
    const { clientId, sessionId } = session.core
    return { ms: performance.now() - from, storageMode, clientId, sessionId }
  },
  /** Commits n rows, one by one, without waiting. */
  commit(text: string, n = 1) {
    const { core } = opened()
    for (let i = 0; i < n; i++) {
      const id = `${core.sessionId}-${Date.now()}-${++serial}`
      core.commit(JSON.stringify([{ name: 'v1.TodoCreated', args: { id, text: n > 1 ? `${text}${i}` : text } }]))
      opened().committed()
    }
  },
  commitEvent(name: string, args: unknown) {
    opened().core.commit(JSON.stringify([{ name, args }]))
    opened().committed()
  },
  /** Commits a row; gives the milliseconds until the leader had it. */
  async commitDurable(text: string) {
    const from = performance.now()
    lab.commit(text)
    await lab.saved()
    return performance.now() - from
  },
  async saved() {
    while (opened().unsaved() > 0) await new Promise((resolve) => setTimeout(resolve, 1))
  },
  /** Every `everyMs`, until `stop`: gives how many were durable by then, and the longest time that one took. */
  async write(prefix: string, n: number, everyMs: number) {
    let worst = 0
    for (let i = 0; i < n; i++) {
      worst = Math.max(worst, await lab.commitDurable(`${prefix}${i}`))
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
    return worst
  },
  texts: () => opened().core.query('SELECT text FROM todos ORDER BY rowid').rows.map(([text]) => text as string),
  count: () => opened().core.query('SELECT count(*) FROM todos').rows[0]?.[0] as number,
  rows: (sql: string) => opened().core.query(sql).rows,
  safeHead: () => opened().safeHead?.(),
  /** Calls of materializers on this page. */
  calls: () => calls.count,
  schemaHash: () => opened().core.schemaHash,
  hash: () => opened().core.stateHash(),
  status: () => opened().core.status(),
  unsaved: () => opened().unsaved(),
  network: () => opened().network(),
  leader: () => opened().leader,
  conflicts: () => opened().leader.conflicts(),
  leads: () => worker !== undefined,
  async close() {
    await opened().close()
    worker = undefined
  },
  terminate: () => worker?.terminate(),
  crash: () => worker?.postMessage('crash'),
}

declare global {
  interface Window {
    lab: typeof lab
  }
}
window.lab = lab
