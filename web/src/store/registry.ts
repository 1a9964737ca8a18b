/** Stores by their id: loaded once however many ask, kept while somebody holds them, and for a while after that. */
import type { LiveStoreSchema } from '../schema/index.js'
import { createStorePromise } from './create.js'
import type { CreateStoreOptions } from './create.js'
import { makeLease } from './lease.js'
import type { Store } from './types.js'

/** How to open a store, and how long to keep it. */
export interface RegistryStoreOptions<TSchema extends LiveStoreSchema = LiveStoreSchema, TContext = {}>
  extends CreateStoreOptions<TSchema, TContext> {
  readonly storeId: string
  /** Milliseconds for which the store stays open when nobody holds it; the first who loads it says it. Default: a
   * minute in browsers, otherwise for ever. */
  readonly unusedCacheTime?: number
}

/** What holds for all stores of a registry, unless the options of one say otherwise. */
export type RegistryDefaults = Partial<
  Pick<
    RegistryStoreOptions,
    | 'batchUpdates' | 'confirmUnsavedChanges' | 'debug' | 'disableDevtools' | 'logLevel' | 'onLog' | 'otelOptions'
    | 'syncPayload' | 'unusedCacheTime'
  >
>

type AnyStore = Store<any, any>
type AnyOptions = RegistryStoreOptions<any, any>

/** What loading came to. */
type Loaded = { readonly store: AnyStore } | { readonly error: unknown }

interface Entry {
  readonly promise: Promise<AnyStore>
  loaded: Loaded | undefined
  /** One more who holds it. Gives a function that lets go, once. */
  hold(): () => void
  /** Drop it: shut the store down, or give up loading it. */
  drop(): Promise<void>
}

const isBrowser = (): boolean => typeof document !== 'undefined'

const openEntry = (options: AnyOptions, dropped: (entry: Entry) => void): Entry => {
  const { unusedCacheTime = isBrowser() ? 60_000 : Infinity, ...rest } = options
  const abort = new AbortController()
  const giveUp = (): void => abort.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', giveUp, { once: true })

  const promise = createStorePromise({ ...rest, signal: abort.signal })
  const entry: Entry = {
    promise,
    loaded: undefined,
    hold: () => lease.hold(unusedCacheTime),
    drop: async () => {
      lease.stop()
      dropped(entry)
      options.signal?.removeEventListener('abort', giveUp)
      abort.abort(new Error(`the store "${options.storeId}" is not used any more`))
      await promise.then((store) => store.shutdown(), () => {})
    },
  }
  const lease = makeLease(entry.drop)
  promise.then(
    (store) => {
      entry.loaded = { store }
      void store.ended.then(entry.drop)
    },
    (error: unknown) => (entry.loaded = { error }),
  )
  return entry
}

/** Loads stores and keeps them. One for an app, as a rule. */
export class StoreRegistry {
  readonly #entries = new Map<string, Entry>()
  readonly #defaults: RegistryDefaults

  constructor(config: { readonly defaultOptions?: RegistryDefaults } = {}) {
    this.#defaults = config.defaultOptions ?? {}
  }

  #entry(options: AnyOptions): Entry {
    const known = this.#entries.get(options.storeId)
    if (known) return known
    const entry = openEntry({ ...this.#defaults, ...options }, () => {
      if (this.#entries.get(options.storeId) === entry) this.#entries.delete(options.storeId)
    })
    this.#entries.set(options.storeId, entry)
    return entry
  }

  /** The store itself when it is loaded; otherwise the promise of it, the same for all who ask meanwhile. What loading
   * failed with is thrown, or what the promise is rejected with. */
  getOrLoadPromise<TSchema extends LiveStoreSchema, TContext = {}>(
    options: RegistryStoreOptions<TSchema, TContext>,
  ): Store<TSchema, TContext> | Promise<Store<TSchema, TContext>> {
    const entry = this.#entry(options)
    const release = entry.hold()
    if (!entry.loaded) {
      entry.promise.then(release, release)
      return entry.promise
    }
    release()
    if ('error' in entry.loaded) throw entry.loaded.error
    return entry.loaded.store
  }

  /** Keeps a store, which is loaded if need be. Gives a function that lets go of it. */
  retain<TSchema extends LiveStoreSchema, TContext = {}>(options: RegistryStoreOptions<TSchema, TContext>): () => void {
    return this.#entry(options).hold()
  }

  /** Loads a store, to have it at hand. Never rejected: who asks for the store learns of an error. */
  async preload<TSchema extends LiveStoreSchema, TContext = {}>(
    options: RegistryStoreOptions<TSchema, TContext>,
  ): Promise<void> {
    try {
      await this.getOrLoadPromise(options)
    } catch {
      // It is kept, and thrown to those who ask.
    }
  }

  /** Shuts all stores down. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.drop()))
  }
}

/** The same options; for their types. */
export const storeOptions = <TSchema extends LiveStoreSchema, TContext = {}>(
  options: RegistryStoreOptions<TSchema, TContext>,
): RegistryStoreOptions<TSchema, TContext> => options
