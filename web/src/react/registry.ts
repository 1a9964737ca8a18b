/** Gives components the registry that loads and keeps their stores. */

import { createContext, createElement, useContext } from 'react'
import type { ReactElement, ReactNode } from 'react'
import type { StoreRegistry } from '../store/index.js'

/** The context behind `StoreRegistryProvider`. */
export const StoreRegistryContext = createContext<StoreRegistry | undefined>(undefined)

/** The properties of `StoreRegistryProvider`. */
export interface StoreRegistryProviderProps {
  readonly storeRegistry: StoreRegistry
  readonly children?: ReactNode
}

/** Makes a registry known to `useStore` in all components below. */
export const StoreRegistryProvider = ({ storeRegistry, children }: StoreRegistryProviderProps): ReactElement =>
  createElement(StoreRegistryContext.Provider, { value: storeRegistry }, children)

/** The registry of the nearest provider, or the one that is given. */
export const useStoreRegistry = (override?: StoreRegistry): StoreRegistry => {
  const found = useContext(StoreRegistryContext)
  const registry = override ?? found
  if (!registry) {
    throw new Error('useStoreRegistry: no registry; put a <StoreRegistryProvider> around the app')
  }
  return registry
}
