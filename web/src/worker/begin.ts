/** The life of a leader: opens the store, serves sessions, syncs, and closes. */
import { loadCore } from '../core/core.js'
import type { CoreStore } from '../core/types.js'
import type { AnySchema, LiveStoreSchema } from '../schema/index.js'
import { toCodec } from '../schema/index.js'
import type { BootStatus } from '../store/adapter.js'
import { hold } from '../tabs/locks.js'
import type { ChannelMessage, LeaderOptions, UpMessage, WorkerReport } from '../tabs/messages.js'
import { channelName, connectionName, toPlain, workerLock } from '../tabs/messages.js'
import type { Leader } from './leader.js'
import { serve } from './leader.js'
import { adoptSchema } from './schema.js'
import type { Storage } from './storage.js'
import { openStorage } from './storage.js'
import type { WorkerSync } from './sync.js'
import { blockingMs, connectOptions, firstPull } from './sync.js'
import type { SyncConnection } from './websocket.js'
import { connectSync } from './websocket.js'

/** What the app's worker file says. */
export interface WorkerOptions {
  readonly schema: LiveStoreSchema
  readonly sync?: WorkerSync
  /** What `syncPayload` must look like. */
  readonly syncPayloadSchema?: AnySchema
}

/** A leader that replaces one that was in memory is to have what the sync server has before sessions see its state. */
const REPLACE_MS = 5000

export interface Begun {
  /** The log is on the disk, and its files are free. */
  end(): void
}

type Log = (level: 'warning' | 'info', key: string, text: string) => void
type Report = (message: WorkerReport) => void

const checkPayload = (schema: AnySchema | undefined, payload: string): void => {
  if (!schema) return
  try {
    toCodec(schema).decode(JSON.parse(payload))
  } catch (error) {
    throw new Error(`syncPayload does not fit syncPayloadSchema: ${toPlain(error).message}`)
  }
}

const stageOf = (work: string): 'migrating' | 'rehydrating' => (/anew/.test(work) ? 'migrating' : 'rehydrating')

const openStore = async (
  { schema }: WorkerOptions, order: LeaderOptions, storage: Storage, boot: (status: BootStatus) => void, log: Log,
): Promise<CoreStore> => {
  const { warning, ...adopted } = adoptSchema(order.schema, schema)
  if (warning) log('warning', 'schema', warning)
  const core = await loadCore({ wasm: order.wasm, ...(storage.files && { files: storage.files }) })
  const open = (clientId: string | undefined): CoreStore =>
    core.open({
      ...adopted,
      storeId: order.storeId,
      ...(clientId !== undefined && { clientId }),
      sessionId: 'leader',
      ...(storage.path !== undefined && { path: storage.path }),
      durability: 'process',
      onLog: log,
      onProgress: (what, done, total) => boot({ stage: stageOf(what), progress: { done, total } }),
    })
  try {
    return open(order.clientId)
  } catch (error) {
    // The page's note of the id may have been lost, as when the browser was killed. What the store has counts.
    if (order.clientChosen || toPlain(error).code !== 'LS_EEXISTS') throw error
    return open(undefined)
  }
}

/** Answer on the channel that all tabs hear. */
const listen = (channel: BroadcastChannel, name: string, leader: Leader): void => {
  const shout = (message: ChannelMessage): void => channel.postMessage(message)
  channel.onmessage = ({ data }: MessageEvent<ChannelMessage>) => {
    if (data.type === 'seek') shout({ type: 'lead', leader: name })
    else if (data.type === 'greet' && data.leader === name)
      leader.greet(data, new BroadcastChannel(connectionName(data.connection)))
  }
  shout({ type: 'lead', leader: name })
}

export const begin = async (
  options: WorkerOptions, order: LeaderOptions, port: MessagePort, report: Report,
): Promise<Begun> => {
  const { locks } = navigator
  checkPayload(options.syncPayloadSchema, order.payload)
  const channel = new BroadcastChannel(channelName(order.storeId))
  const boot = (status: BootStatus): void => {
    report({ type: 'boot', status })
    channel.postMessage({ type: 'boot', status } satisfies ChannelMessage)
  }
  const log: Log = (level, key, text) => report({ type: 'log', level, key, text })
  const troubled = (error: unknown): void => log('warning', 'storage', String(error))
  const [storage] = await Promise.all([
    openStorage(order.directory, order.reset, troubled),
    hold(locks, workerLock(order.leader)),
  ])
  const store = await openStore(options, order, storage, boot, log)

  let connection: SyncConnection | undefined
  const sync = (order.sync as WorkerSync | undefined) ?? options.sync
  const leader = serve({
    store, locks, payload: order.payload,
    syncs: sync !== undefined,
    welcome: { storageMode: storage.mode, ...(storage.warning && { warning: storage.warning }) },
    used: () => connection?.wake(),
  })
  if (sync) {
    connection = connectSync(store, connectOptions(sync, order.payload), leader.pump)
    const waitMs = order.replaces && storage.mode === 'in-memory' ? REPLACE_MS : blockingMs(sync)
    await firstPull(store, waitMs, (done, total) => boot({ stage: 'syncing', progress: { done, total } }))
  }

  port.onmessage = ({ data }: MessageEvent<UpMessage>) => {
    if (!(data instanceof Uint8Array) && data.type === 'greet') leader.greet(data, port)
  }
  report({ type: 'ready' })
  listen(channel, order.leader, leader)

  return {
    end() {
      channel.close()
      leader.close()
      connection?.()
      store.close()
      storage.close()
    },
  }
}
