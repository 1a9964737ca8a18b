/** The adapter for stores that persist: a session on this page, and one leader for all tabs, in the worker of one of
 * them. */
import type { WasmSource } from '../core/module.js'
import { compileCore } from '../core/module.js'
import { loadSession } from '../core/session.js'
import type { CoreSession } from '../core/types.js'
import type { Adapter, AdapterArgs, AdapterSession, LeaderCalls } from '../store/adapter.js'
import type { TakenSession } from './identity.js'
import { keepClientId, storageOf, takeClientId, takeSessionId } from './identity.js'
import type { Joining } from './join.js'
import { joinTabs } from './join.js'
import type { Link } from './link.js'
import type { Welcome } from './messages.js'
import { checkSupport } from './support.js'
import type { Workers, WorkerSource } from './workers.js'
import { makeWorkers } from './workers.js'

/** How to reach the sync server, as far as it can be told to a worker. */
export interface AdapterSync {
  /** ws://, wss://, http:// or https:// */
  readonly url: string
  /** JSON for the server; `syncPayload` of the store goes before it. */
  readonly payload?: unknown
  /** The server has another log than the one this store was synced with (docs/sync.md). */
  readonly backend?: 'set-aside' | 'stop' | 'upload'
}

/** What an adapter that persists is made with. */
export interface PersistedAdapterOptions {
  /** The app's worker file: as `import Worker from './livestore.worker?worker'` gives it, its URL, or a function. */
  readonly worker: WorkerSource
  /** Accepted for the sake of LiveStore's apps, and not used: no SharedWorker is needed. */
  readonly sharedWorker?: unknown
  /** Files lie in the origin's private file system, in this directory (default: livestore-<storeId>). */
  readonly storage?: { readonly type: 'opfs'; readonly directory?: string }
  /** Begin with nothing: the stores of other tabs are shut down, and the files are emptied. */
  readonly resetPersistence?: boolean
  /** Default: random, and kept in localStorage. */
  readonly clientId?: string
  /** Default: random, and kept in sessionStorage. */
  readonly sessionId?: string
  /** Sync, where the worker file does not say it. */
  readonly sync?: AdapterSync
  /** Another build of the library than the package's own: the one with full-text search, say. */
  readonly wasm?: WasmSource
  /** Accepted for the sake of LiveStore's apps, and not used. */
  readonly experimental?: unknown
}

/** A shutdown waits so long for the leader to have all commits. */
const DRAIN_MS = 1000
const DRAIN_POLL_MS = 5

/** Each of its methods is a call of the same name. */
const leaderCalls = (link: Link): LeaderCalls =>
  new Proxy({} as LeaderCalls, { get: (_, name: string) => (...args: unknown[]) => link.call(name, args) })

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const directoryOf = (options: PersistedAdapterOptions, storeId: string): string => {
  const directory = options.storage?.directory ?? `livestore-${storeId}`
  if (directory !== '' && !/[/\\]/.test(directory)) return directory
  throw new Error(`storage.directory is "${directory}": expected the name of one directory, without / in it`)
}

const openSession = (
  wasm: WebAssembly.Module, args: AdapterArgs, clientId: string, sessionId: string,
): Promise<CoreSession> =>
  loadSession(wasm, {
    schema: args.schema.document,
    materializers: args.schema.materializers,
    storeId: args.storeId,
    clientId,
    sessionId,
    onLog: args.onLog,
  })

interface Session {
  readonly core: CoreSession
  readonly leading: Joining['leading']
  release(): void
}

const join = async (
  workers: Workers, args: AdapterArgs, { core, leading, release }: Session,
): Promise<AdapterSession> => {
  const { storeId, signal, onBootStatus, onLog } = args
  const listeners = new Set<() => void>()
  let booted = false
  let closing: Promise<void> | undefined
  let failed: (error: Error) => void = () => undefined
  const ended = new Promise<Error>((resolve) => (failed = resolve))
  const boot: typeof onBootStatus = (status) => {
    if (!booted) onBootStatus(status)
  }

  const { link, leave } = joinTabs({
    core, storeId, workers, leading, failed, onLog,
    locks: navigator.locks,
    onBootStatus: boot,
    changed: () => listeners.forEach((told) => told()),
  })

  const unsaved = (): number => core.uplinkStatus().unsaved
  const close = async (drainMs: number): Promise<void> => {
    for (const until = Date.now() + drainMs; unsaved() > 0 && Date.now() < until; ) await sleep(DRAIN_POLL_MS)
    await leave()
    core.close()
    release()
  }
  const closeOnce = (drainMs: number): Promise<void> => (closing ??= close(drainMs))

  void ended.then(() => closeOnce(0))
  const abort = (): void => failed(signal?.reason)
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })

  const welcome: Welcome | Error = await Promise.race([link.welcomed, ended])
  if (!('storageMode' in welcome)) {
    await closeOnce(0)
    throw welcome
  }
  if (!leading.clientChosen) keepClientId(storeId, storageOf('localStorage'), core.clientId)
  if (welcome.warning) boot(welcome.warning)
  boot({ stage: 'done' })
  booted = true

  return {
    core,
    storageMode: welcome.storageMode,
    leader: leaderCalls(link),
    committed: link.send,
    subscribe(told) {
      listeners.add(told)
      return () => listeners.delete(told)
    },
    network: link.network,
    unsaved,
    safeHead: () => core.uplinkStatus().leaderHead,
    ended,
    close: () => closeOnce(DRAIN_MS),
  }
}

const openAdapter = async (
  options: PersistedAdapterOptions, args: AdapterArgs, workers: Workers,
): Promise<AdapterSession> => {
  const { storeId } = args
  const directory = directoryOf(options, storeId)
  const clientId = options.clientId ?? takeClientId(storeId, storageOf('localStorage'))
  const taking: TakenSession | Promise<TakenSession> = options.sessionId
    ? { sessionId: options.sessionId, release: () => undefined }
    : takeSessionId(storeId, storageOf('sessionStorage'), navigator.locks)
  const [wasm, { sessionId, release }] = await Promise.all([compileCore(options.wasm), taking])
  return join(workers, args, {
    core: await openSession(wasm, args, clientId, sessionId),
    leading: {
      clientId, directory, wasm,
      schema: args.schema.document,
      clientChosen: options.clientId !== undefined,
      reset: options.resetPersistence === true,
      payload: JSON.stringify(args.syncPayload ?? null),
      ...(options.sync && { sync: options.sync }),
    },
    release,
  })
}

/** A store whose log is kept in the browser, shared by all tabs, and synced by the worker. */
export const makePersistedAdapter = (options: PersistedAdapterOptions): Adapter => async (args) => {
  checkSupport()
  args.onBootStatus({ stage: 'loading' })
  const workers = makeWorkers(options.worker, args.storeId)
  // What is wrong with it is told when it is needed.
  workers.ahead(navigator.locks).catch(() => undefined)
  try {
    return await openAdapter(options, args, workers)
  } catch (error) {
    workers.drop()
    throw error
  }
}
