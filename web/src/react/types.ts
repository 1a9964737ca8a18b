/** The types that the hooks share. */

import type { Store } from '../store/index.js'

/** A store of any schema. */
export type AnyStore = Store<any, any>

/** Which store a hook is for. The hooks that `useStore` adds to a store know theirs. */
export interface StoreOption {
  readonly store?: AnyStore
}

/** The store of a hook. */
export const storeOf = (hook: string, options: StoreOption | undefined): AnyStore => {
  if (options?.store) return options.store
  throw new Error(`${hook}: no store; call store.${hook}(…), or pass {store} as last argument`)
}
