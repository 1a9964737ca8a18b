/** Syncs a store over the browser's WebSocket, or by requests: moves frames and keeps the time. What is sent, and when,
 * is decided in the C library. Works on a page, in a worker, and in Node with a global WebSocket. */
import type { CoreStore, CoreTransport, SyncOptions } from '../core/types.js'
import { requestTransport } from './request.js'
import { socketTransport } from './socket.js'
import { checkSyncUrl, isHttp, syncUrl } from './url.js'

export interface ConnectOptions extends SyncOptions {
  readonly url: string
}

/** Ends the syncing. */
export interface SyncConnection {
  (): void
  /** The store was used otherwise: what it wants to send is due. */
  wake(): void
}

/** What a transport tells of. */
export interface Told {
  address(payload: string | null): string
  opened(): void
  frame(text: string): void
  closed(why: { code: string; message: string }): void
}

const TIMER_MAX_MS = 0x7fffffff

export const connectSync = (core: CoreStore, options: ConnectOptions, changed: () => void): SyncConnection => {
  const url = checkSyncUrl(options.url)
  let timer: ReturnType<typeof setTimeout> | undefined
  let waking = false
  let ended = false

  const schedule = (): void => {
    clearTimeout(timer)
    const due = core.dueMs()
    if (due !== Infinity) timer = setTimeout(tick, Math.min(due, TIMER_MAX_MS))
  }
  const after = (): void => {
    schedule()
    changed()
  }
  const tell = (call: () => void): void => {
    if (ended) return
    call()
    after()
  }
  const tick = (): void => tell(() => core.tick())
  const told: Told = {
    address: (payload) => syncUrl(url, core.storeId, payload),
    opened: () => tell(() => core.opened()),
    frame: (text) => tell(() => core.frame(text)),
    closed: (why) => tell(() => core.closed(why)),
  }
  const transport: CoreTransport = isHttp(url) ? requestTransport(told, core.storeId) : socketTransport(told)
  const attach = (): void => core.attach(transport, options)

  // The store waits longer and longer between tries: a network that is back is worth one at once.
  const online = (): void =>
    tell(() => {
      if (core.syncStatus().phase !== 'waiting') return
      core.detach()
      attach()
    })
  const offline = (): void => {
    if (!core.syncStatus().online) return
    transport.close()
    told.closed({ code: 'LS_EOFFLINE', message: 'The browser is offline' })
  }
  const wake = (): void => {
    waking = false
    if (!ended && core.dueMs() <= 0) tick()
    else if (!ended) schedule()
  }
  const stop = (): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    globalThis.removeEventListener?.('online', online)
    globalThis.removeEventListener?.('offline', offline)
    core.detach()
  }

  attach()
  globalThis.addEventListener?.('online', online)
  globalThis.addEventListener?.('offline', offline)
  schedule()
  return Object.assign(stop, {
    wake() {
      if (!waking) queueMicrotask(wake)
      waking = true
    },
  })
}
