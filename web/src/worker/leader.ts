/** The leader's side of all connections: greets back, carries the bytes both ways, and sees who has gone. */
import type { CoreStore, CoreSyncStatus, Downlink } from '../core/types.js'
import type { NetworkState } from '../store/adapter.js'
import { watch } from '../tabs/locks.js'
import type { CallMessage, DownMessage, Greeting, UpMessage, Welcome } from '../tabs/messages.js'
import { connectionName, toPlain } from '../tabs/messages.js'
import type { Wire } from '../tabs/wire.js'
import { isCoreError, postAll } from '../tabs/wire.js'
import { answer } from './calls.js'

/** Sessions hear of the network at most so often. */
const NETWORK_MS = 10
/** Finding out what to tell takes longer the more is pending; it may take a twentieth of the time. */
const NETWORK_SHARE = 20

export interface LeaderHost {
  readonly store: CoreStore
  readonly locks: LockManager
  /** The sync payload of the leading tab, as JSON text. */
  readonly payload: string
  readonly welcome: Omit<Welcome, 'network'>
  /** It is connected to a server, or will be. */
  readonly syncs: boolean
  /** Something was done to the store: the transport may have something to send. */
  used(): void
}

export interface Leader {
  greet(greeting: Greeting, wire: Wire): void
  /** Send what there is for each session. To be called after every call on the store. */
  pump(): void
  close(): void
}

interface Connection {
  readonly wire: Wire
  readonly downlink: Downlink
  unwatch(): void
}

const networkOf = (status: CoreSyncStatus): Omit<NetworkState, 'timestampMs'> => ({
  isConnected: status.online,
  phase: status.phase,
  pending: status.pending,
  conflicts: status.conflicts,
  error: status.error,
})

const post = (wire: Wire, message: DownMessage): void => wire.postMessage(message, [])

const offline = (): NetworkState => ({
  isConnected: false, timestampMs: Date.now(), phase: 'off', pending: 0, conflicts: 0, error: null,
})

export const serve = ({ store, locks, payload, welcome, syncs, used }: LeaderHost): Leader => {
  const connections = new Map<string, Connection>()
  let network = offline()
  let pauseMs = NETWORK_MS
  let timer: ReturnType<typeof setTimeout> | undefined

  const drop = (tab: string, connection: Connection): void => {
    connection.unwatch()
    connection.wire.onmessage = null
    connection.wire.close()
    connection.downlink.close()
    if (connections.get(tab) === connection) connections.delete(tab)
  }

  const refuse = (wire: Wire, error: unknown, again: boolean): void => {
    post(wire, { type: 'refused', error: toPlain(error), again })
    wire.close()
  }

  const fail = (tab: string, connection: Connection, error: unknown): void => {
    if (!isCoreError(error)) throw error
    post(connection.wire, { type: 'refused', error: toPlain(error), again: true })
    drop(tab, connection)
  }

  // Of a full disk and the like the library tells the session itself. Whatever is no error of the library ends the
  // worker, and another one takes over.
  const takeIn = (tab: string, connection: Connection, message: Uint8Array): void => {
    try {
      connection.downlink.receive(message)
    } catch (error) {
      if (!isCoreError(error) || toPlain(error).code === 'LS_EPROTOCOL') fail(tab, connection, error)
    }
  }

  const tellNetwork = (): void => {
    clearTimeout(timer)
    timer = undefined
    const from = performance.now()
    const now = networkOf(store.syncStatus())
    pauseMs = Math.max(NETWORK_MS, NETWORK_SHARE * (performance.now() - from))
    const { timestampMs, ...before } = network
    if (JSON.stringify(now) === JSON.stringify(before)) return
    network = { ...now, timestampMs: Math.max(Date.now(), timestampMs) }
    for (const { wire } of connections.values()) post(wire, { type: 'network', network })
  }

  const pump = (): void => {
    for (const [tab, connection] of connections) {
      try {
        postAll(connection.wire, () => connection.downlink.take())
      } catch (error) {
        fail(tab, connection, error)
      }
    }
    timer ??= setTimeout(tellNetwork, pauseMs)
  }

  const call = (wire: Wire, { id, name, args }: CallMessage): void => {
    try {
      post(wire, { type: 'answer', id, value: answer(store, name, args) })
    } catch (error) {
      post(wire, { type: 'answer', id, error: toPlain(error) })
    }
  }

  const receive = (tab: string, connection: Connection, message: UpMessage): void => {
    if (message instanceof Uint8Array) takeIn(tab, connection, message)
    else if (message.type === 'call') call(connection.wire, message)
    else if (message.type === 'bye') drop(tab, connection)
    pump()
    used()
  }

  const connect = ({ tab, hello, connection: name }: Greeting, wire: Wire): void => {
    const downlink = store.downlink(hello)
    const connection: Connection = { wire, downlink, unwatch: () => unwatch() }
    const unwatch = wire instanceof BroadcastChannel
      ? watch(locks, connectionName(name), () => drop(tab, connection))
      : () => undefined
    connections.set(tab, connection)
    wire.onmessage = (event) => receive(tab, connection, event.data)
    // Without a server all that was ever committed is pending, and counting it would hold the session up.
    if (syncs) tellNetwork()
    pump()
    if (connections.get(tab) === connection) post(wire, { type: 'welcome', ...welcome, network })
  }

  const greet = (greeting: Greeting, wire: Wire): void => {
    const before = connections.get(greeting.tab)
    if (before) drop(greeting.tab, before)
    if (greeting.payload !== payload) {
      const error = new Error(
        `The store "${store.storeId}" is open in another tab with another syncPayload: ` +
          'all tabs must give the same one; close the other tabs first',
      )
      return refuse(wire, error, false)
    }
    try {
      connect(greeting, wire)
    } catch (error) {
      refuse(wire, error, true)
    }
  }

  const close = (): void => {
    clearTimeout(timer)
    for (const [tab, connection] of connections) drop(tab, connection)
  }

  return { greet, pump, close }
}
