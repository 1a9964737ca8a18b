/** Opening a store. */
import type { AnySchema, LiveStoreSchema } from '../schema/index.js'
import { toCodec } from '../schema/index.js'
import type { Adapter, AdapterArgs, BootStatus } from './adapter.js'
import { load } from './later.js'
import { makeStore } from './store.js'
import type { Store } from './types.js'

/** Accepted for the sake of LiveStore's apps, and without effect. */
export interface IgnoredOptions {
  readonly disableDevtools?: boolean | 'auto'
  readonly params?: { readonly leaderPushBatchSize?: number; readonly eventQueryBatchSize?: number }
  readonly otelOptions?: unknown
}

/** What a store is opened with. */
export interface CreateStoreOptions<TSchema extends LiveStoreSchema = LiveStoreSchema, TContext = {}>
  extends IgnoredOptions {
  readonly schema: TSchema
  readonly adapter: Adapter
  /** Letters, digits, dashes and underscores. Default: "default". */
  readonly storeId?: string
  /** Anything that belongs to the store: `store.context`. */
  readonly context?: TContext
  /** Called before anybody has the store; may commit. When it fails, the store is not made. */
  readonly boot?: (
    store: Store<TSchema, TContext>, more: { readonly migrationsReport: { readonly migrations: readonly never[] } },
  ) => unknown
  /** Told how far opening has come. */
  readonly onBootStatus?: (status: BootStatus) => void
  /** Ask before a page goes with commits that are not safe yet. Default: true. */
  readonly confirmUnsavedChanges?: boolean
  /** JSON, given to the sync server with each connection. */
  readonly syncPayload?: unknown
  /** Checks and encodes `syncPayload`. */
  readonly syncPayloadSchema?: AnySchema
  /** Aborted: the store is shut down, or not made. */
  readonly signal?: AbortSignal
  /** Told what is worth a line in a log. Default: warnings go to the console. */
  readonly onLog?: AdapterArgs['onLog']
  /** "None" is silent. */
  readonly logLevel?: string | { readonly _tag: string }
  /** Another name than the store's id in `__debugLiveStore`, for the console. */
  readonly debug?: { readonly instanceId?: string }
  /** Called with a function that commits, undoes, sets a signal or takes in what others did, and thereby may call
   * subscriptions; it has to call that function at once. For what batches the updates of a user interface: React does
   * that by itself. */
  readonly batchUpdates?: (run: () => void) => void
}

const checkStoreId = (storeId: string): void => {
  if (typeof storeId === 'string' && /^[\w-]+$/.test(storeId)) return
  throw new Error(`storeId is ${JSON.stringify(storeId)}: expected letters, digits, dashes and underscores`)
}

const makeLog = ({ onLog, logLevel }: CreateStoreOptions<any, any>): AdapterArgs['onLog'] => {
  if (onLog) return onLog
  const level = typeof logLevel === 'object' ? logLevel._tag : logLevel
  return (severity, key, text) => {
    if (severity === 'warning' && level !== 'None') console.warn(`livestore: ${key}: ${text}`)
  }
}

const encodePayload = ({ syncPayload, syncPayloadSchema }: CreateStoreOptions<any, any>): unknown =>
  syncPayloadSchema ? toCodec(syncPayloadSchema).encode(syncPayload) : syncPayload

/** The stores of this page, for the console: `__debugLiveStore["todos"]`. */
const enlist = (store: Store<any, any>, name: string): void => {
  const stores = ((globalThis as { __debugLiveStore?: Record<string, unknown> }).__debugLiveStore ??= {})
  stores[name] = store
  void store.ended.then(() => {
    if (stores[name] === store) delete stores[name]
  })
}

/** Opens a store. Rejected when it cannot be opened, when `boot` fails, or when `signal` is aborted meanwhile. */
export const createStorePromise = async <TSchema extends LiveStoreSchema, TContext = {}>(
  options: CreateStoreOptions<TSchema, TContext>,
): Promise<Store<TSchema, TContext>> => {
  const { schema, storeId = 'default', signal, boot } = options
  checkStoreId(storeId)
  signal?.throwIfAborted()
  const syncPayload = encodePayload(options)
  const log = makeLog(options)
  const unknown =
    schema.unknownEventHandling.strategy === 'callback' ? (await load()).hearUnknown(schema, log) : undefined
  const session = await options.adapter({
    schema,
    storeId,
    onBootStatus: options.onBootStatus ?? (() => {}),
    onLog: unknown?.log ?? log,
    syncPayload,
    signal,
  })
  const store = makeStore({
    session,
    schema,
    context: options.context ?? {},
    confirmUnsavedChanges: options.confirmUnsavedChanges ?? true,
    batchUpdates: options.batchUpdates,
  }) as unknown as Store<TSchema, TContext>
  unknown?.begin(session, store.ended)
  signal?.addEventListener('abort', () => void store.shutdown(signal.reason), { once: true })
  try {
    await boot?.(store, { migrationsReport: { migrations: [] } })
    signal?.throwIfAborted()
  } catch (error) {
    await store.shutdown(error)
    throw error
  }
  enlist(store, options.debug?.instanceId ?? storeId)
  return store
}
