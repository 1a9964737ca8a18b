/** What the browser must have. OPFS is not among it: without it a store is in memory. */

const NEEDED: readonly (readonly [string, () => unknown])[] = [
  ['navigator.locks (Web Locks)', () => globalThis.navigator?.locks],
  ['BroadcastChannel', () => globalThis.BroadcastChannel],
  ['Worker', () => globalThis.Worker],
  ['WebAssembly', () => globalThis.WebAssembly],
]

export const checkSupport = (): void => {
  const missing = NEEDED.filter(([, get]) => !get()).map(([name]) => name)
  if (missing.length === 0) return
  throw new Error(
    `This browser does not offer ${missing.join(', ')} to this page, which several tabs and persistence need: ` +
      'serve the page over https or from localhost, or use makeInMemoryAdapter',
  )
}
