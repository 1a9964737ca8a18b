/** What the browser must have. OPFS is not among it: without it a store is in memory. */

const NEEDED = ['Worker', 'BroadcastChannel', 'WebAssembly']

export const checkSupport = (): void => {
  const missing = NEEDED.filter((name) => !(name in globalThis))
  if (!globalThis.navigator?.locks) missing.push('navigator.locks (Web Locks)')
  if (missing.length === 0) return
  throw new Error(
    `This browser does not offer ${missing.join(', ')} here: serve the page over https or from localhost, ` +
      'or use makeInMemoryAdapter',
  )
}
