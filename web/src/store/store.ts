/** A store on top of a session that an adapter opened: puts the parts together. */
import type { CoreReceipt } from '../core/types.js'
import type { LiveContext, Queryable, SignalDef, SubscribeOptions } from '../live/index.js'
import { hold as holdLive, look, readOnce } from '../live/read.js'
import { setSignal } from '../live/signal.js'
import type { EventInstance, LiveStoreSchema } from '../schema/index.js'
import { mapValues } from '../schema/struct.js'
import type { AdapterSession } from './adapter.js'
import { batch } from './batch.js'
import { makeCommit, makeHold } from './commit.js'
import { iterate } from './iterate.js'
import { makeEvents, makePast } from './later.js'
import { makeLife } from './life.js'
import type { Life } from './life.js'
import { makeReceipts } from './receipts.js'
import type { Receipt } from './receipts.js'
import { makeChanges, observe, syncStatusOf } from './status.js'
import type { Store } from './types.js'
import { watchUndo } from './undo.js'
import { guardUnsaved } from './unsaved.js'

export interface StoreParts {
  readonly session: AdapterSession
  readonly schema: LiveStoreSchema
  readonly context: unknown
  readonly confirmUnsavedChanges: boolean
  readonly batchUpdates: ((run: () => void) => void) | undefined
}

type Told = (result: unknown) => void

/** Subscribes with a callback, or gives an iterator. */
const makeSubscribe = (context: LiveContext, life: Life) => {
  const start = (query: Queryable<unknown>, told: Told, options: SubscribeOptions<unknown>): (() => void) => {
    const stop = look(context, query, told, options)
    const end = (): void => {
      stop()
      options.onUnsubsubscribe?.()
    }
    const forget = life.atEnd(end)
    return () => {
      if (forget()) end()
    }
  }
  return (query: Queryable<unknown>, second?: Told | SubscribeOptions<unknown>, third?: SubscribeOptions<unknown>) => {
    if (typeof second === 'function') return start(query, second, third ?? {})
    return iterate<unknown>((told) => start(query, told, second ?? {}), life.atEnd)
  }
}

/** Every method of an object, but only while the store lives. */
const guarded = <T extends object>(life: Life, methods: T): T =>
  mapValues(methods as Record<string, (...args: unknown[]) => unknown>, (method, name) => (...args: unknown[]) => {
    life.alive(name)
    return method(...args)
  }) as T

/** What is to be done when something was committed, or may have changed. */
const makeNews = ({ session, confirmUnsavedChanges }: StoreParts, live: LiveContext) => {
  const receipts = makeReceipts(session.core, session.leader)
  const undo = watchUndo(session.core, live)
  const unsaved = guardUnsaved(() => session.unsaved())
  const changes = makeChanges()
  const changed = (): void => {
    undo.changed()
    changes.changed()
  }
  const committed = (): void => {
    session.committed()
    if (confirmUnsavedChanges) unsaved.committed()
    changed()
  }
  const unsubscribe = session.subscribe(() => {
    receipts.check()
    unsaved.changed()
    changed()
  })
  const end = (error: Error): void => {
    unsubscribe()
    unsaved.end()
    changes.end()
    receipts.lose(error)
  }
  return { receipts, status$: undo.status$, changes, changed, committed, end }
}

/** Makes a store of a session. */
export const makeStore = (parts: StoreParts): Store<LiveStoreSchema, unknown> => {
  const { session, schema, context, batchUpdates } = parts
  const { core, leader, storageMode } = session
  if (batchUpdates) batch(core, batchUpdates)
  const { storeId, clientId, sessionId } = core
  const live: LiveContext = {
    core, sessionId, shared: new Map(), signals: new WeakMap(),
    get store() {
      return store
    },
  }
  const { receipts, status$, changes, changed, committed, end } = makeNews(parts, live)
  const life = makeLife(storeId, async (error) => {
    end(error)
    live.shared.clear()
    await session.close()
  })
  void session.ended.then(life.end)

  const encode = (events: readonly EventInstance[]) => events.map((event) => schema.encodeEvent(event, sessionId))
  const hold = makeHold(core)
  const reversed = (receipt: CoreReceipt): Receipt => {
    hold.end()
    committed()
    return receipts.make(receipt, [])
  }
  const events = makeEvents(session, schema, life.atEnd)
  const syncStatus = observe(() => syncStatusOf(session), changes)
  const store = {
    storeId, clientId, sessionId, schema, context, storageMode,
    ...guarded(life, {
      commit: makeCommit({ core, receipts, hold, encode, committed }),
      query: (query: Queryable<unknown>) => readOnce(live, query),
      subscribe: makeSubscribe(live, life),
      instantiate: (query: Queryable<unknown>) => holdLive(live, query, 'instantiate'),
      setSignal: (definition: SignalDef<unknown>, value: unknown) => {
        setSignal(live, definition, value)
        hold.end()
      },
      manualRefresh: hold.end,
      undo: (n = 1) => reversed(core.undo(n)),
      redo: (n = 1) => reversed(core.redo(n)),
      undoStatus: (most = 1) => core.undoStatus(most),
      events,
      eventsStream: events,
      syncStatus: syncStatus.get,
      subscribeSyncStatus: syncStatus.subscribe,
      ...makePast(session, schema),
    }),
    undoStatus$: status$,
    conflicts: guarded(life, {
      list: () => leader.conflicts(),
      retry: (id: number, ...instead: readonly EventInstance[]) =>
        leader.retryConflict(id, instead.length > 0 ? JSON.stringify(encode(instead)) : undefined).then(committed),
      drop: (id: number) => leader.dropConflict(id).then(changed),
    }),
    networkStatus: observe(() => session.network(), changes),
    shutdown: life.end,
    shutdownPromise: life.end,
    ended: life.ended,
    _dev: guarded(life, {
      nodes: () => core.nodes(),
      status: () => core.status(),
      stateHash: () => core.stateHash(),
    }),
  }
  return store as unknown as Store<LiveStoreSchema, unknown>
}
