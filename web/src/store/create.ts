/** Opening a store. */
import type { AnySchema, LiveStoreSchema } from '../schema/index.js'
import { toCodec } from '../schema/index.js'
import type { Adapter, AdapterArgs, BootStatus } from './adapter.js'
import { makeStore } from './store.js'
import type { Store } from './types.js'

/** What a store is opened with. */
export interface CreateStoreOptions<TSchema extends LiveStoreSchema = LiveStoreSchema, TContext = {}> {
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
  /** Accepted for the sake of LiveStore's apps, and not used: React renders once for a commit anyway. */
  readonly batchUpdates?: (run: () => void) => void
  /** Accepted for the sake of LiveStore's apps, and not used. */
  readonly disableDevtools?: boolean | 'auto'
  /** Accepted for the sake of LiveStore's apps, and not used. */
  readonly params?: { readonly leaderPushBatchSize?: number; readonly eventQueryBatchSize?: number }
  /** Accepted for the sake of LiveStore's apps, and not used. */
  readonly otelOptions?: unknown
}

const checkStoreId = (storeId: string): void => {
  if (typeof storeId === 'string' && /^[A-Za-z0-9_-]+$/.test(storeId)) return
  throw new Error(`storeId is ${JSON.stringify(storeId)}: expected letters, digits, dashes and underscores`)
}

const makeLog = ({ onLog, logLevel }: CreateStoreOptions<any, any>): AdapterArgs['onLog'] => {
  if (onLog) return onLog
  const level = typeof logLevel === 'object' ? logLevel._tag : logLevel
  return (severity, key, text) => {
    if (severity === 'warning' && level !== 'None') console.warn(`livestore: ${key}: ${text}`)
  }
}

/** Events that the schema does not know are told by the library as a line of the log. */
const withUnknownEvents = (schema: LiveStoreSchema, log: AdapterArgs['onLog']): AdapterArgs['onLog'] => {
  const { unknownEventHandling: handling } = schema
  if (handling.strategy !== 'callback') return log
  return (severity, key, text) => {
    const [, name] = (key === 'unknown-event' && /^event (.*) is not in the schema/.exec(text)) || []
    if (name === undefined) return log(severity, key, text)
    try {
      handling.onUnknownEvent({ event: { name, args: undefined }, reason: 'event-definition-missing' }, new Error(text))
    } catch (error) {
      log('warning', key, `onUnknownEvent of the schema failed: ${String(error)}`)
    }
  }
}

const encodePayload = ({ syncPayload, syncPayloadSchema }: CreateStoreOptions<any, any>): unknown =>
  syncPayloadSchema ? toCodec(syncPayloadSchema).encode(syncPayload) : syncPayload

/** The stores of this page, for the console: `__debugLiveStore["todos"]`. */
const debugStores = (): Record<string, unknown> => {
  const place = globalThis as { __debugLiveStore?: Record<string, unknown> }
  return (place.__debugLiveStore ??= {})
}

const enlist = (store: Store<any, any>, name: string): void => {
  debugStores()[name] = store
  void store.ended.then(() => {
    if (debugStores()[name] === store) delete debugStores()[name]
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
  const session = await options.adapter({
    schema,
    storeId,
    onBootStatus: options.onBootStatus ?? (() => {}),
    onLog: withUnknownEvents(schema, makeLog(options)),
    ...(syncPayload !== undefined && { syncPayload }),
    ...(signal && { signal }),
  })
  const store = makeStore({
    session,
    schema,
    context: options.context ?? {},
    confirmUnsavedChanges: options.confirmUnsavedChanges ?? true,
  }) as unknown as Store<TSchema, TContext>
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
