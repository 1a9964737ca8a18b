/** The adapter for stores that are kept in memory, here: for tests, for Node, and for pages that keep nothing. */
import { loadCore } from '../core/core.js'
import type { WasmSource } from '../core/module.js'
import type { CoreStore } from '../core/types.js'
import { deepEqual } from '../live/index.js'
import { answer } from '../worker/calls.js'
import type { SyncConnection } from '../worker/websocket.js'
import type { WorkerSync } from '../worker/sync.js'
import type { Adapter, AdapterArgs, AdapterSession, LeaderCalls, NetworkState } from './adapter.js'

/** What an adapter in memory is made with. */
export interface InMemoryAdapterOptions {
  /** The sync server. Without it nothing leaves this store. */
  readonly sync?: WorkerSync
  /** Default: random. */
  readonly clientId?: string
  /** Default: random. */
  readonly sessionId?: string
  /** Another build of the library than the package's own: the one with full-text search, say. */
  readonly wasm?: WasmSource
}

const CALLS: readonly (keyof LeaderCalls)[] = [
  'events', 'eventChanges', 'history', 'diff', 'queryAt', 'status', 'conflicts', 'retryConflict', 'dropConflict',
]

/** The store is its own leader. `used`: something was done that may have to be sent. */
const leaderCalls = (core: CoreStore, used: () => void): LeaderCalls => {
  const call = (name: string) => async (...args: unknown[]): Promise<unknown> => {
    const result = answer(core, name, args)
    used()
    return result
  }
  return Object.fromEntries(CALLS.map((name) => [name, call(name)])) as unknown as LeaderCalls
}

const networkOf = (core: CoreStore): NetworkState => {
  const { online, phase, pending, conflicts, error } = core.syncStatus()
  return { isConnected: online, timestampMs: Date.now(), phase, pending, conflicts, error }
}

/** Connects. The code for it is loaded by those only who sync. */
const connect = async (
  core: CoreStore, sync: WorkerSync, args: AdapterArgs, changed: () => void,
): Promise<SyncConnection> => {
  const [{ connectSync }, { blockingMs, connectOptions, firstPull }] = await Promise.all([
    import('../worker/websocket.js'),
    import('../worker/sync.js'),
  ])
  const connection = connectSync(core, connectOptions(sync, JSON.stringify(args.syncPayload ?? null)), changed)
  const waitMs = blockingMs(sync)
  if (waitMs > 0) {
    await firstPull(core, waitMs, (done, total) => args.onBootStatus({ stage: 'syncing', progress: { done, total } }))
  }
  return connection
}

const openCore = async (options: InMemoryAdapterOptions, args: AdapterArgs): Promise<CoreStore> => {
  const { clientId, sessionId, wasm } = options
  const library = await loadCore({ wasm })
  args.signal?.throwIfAborted()
  return library.open({
    schema: args.schema.document,
    materializers: args.schema.materializers,
    storeId: args.storeId,
    clientId: clientId ?? library.nanoid(5),
    sessionId: sessionId ?? library.nanoid(5),
    onLog: args.onLog,
  })
}

/** A store that is kept in memory. It is gone with the page. */
export const makeInMemoryAdapter = (options: InMemoryAdapterOptions = {}): Adapter => async (args) => {
  args.onBootStatus({ stage: 'loading' })
  const core = await openCore(options, args)
  const listeners = new Set<() => void>()
  let network = networkOf(core)
  const changed = (): void => {
    const now = networkOf(core)
    if (!deepEqual({ ...now, timestampMs: network.timestampMs }, network)) network = now
    for (const told of listeners) told()
  }
  let connection: SyncConnection | undefined
  try {
    if (options.sync) connection = await connect(core, options.sync, args, changed)
    args.signal?.throwIfAborted()
  } catch (error) {
    connection?.()
    core.close()
    throw error
  }
  args.onBootStatus({ stage: 'done' })
  const committed = (): void => connection?.wake()
  const session: AdapterSession = {
    core,
    storageMode: 'in-memory',
    leader: leaderCalls(core, committed),
    committed,
    subscribe: (told) => {
      listeners.add(told)
      return () => listeners.delete(told)
    },
    network: () => network,
    unsaved: () => (connection ? core.syncStatus().pending : 0),
    ended: new Promise(() => {}),
    close: async () => {
      connection?.()
      core.close()
    },
  }
  return session
}
