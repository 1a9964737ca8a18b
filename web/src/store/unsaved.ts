/** Asks the user before a page goes with commits that would be lost. */

/** `unsaved`: how many there are. The browser is told of it only while there are some: a page that listens to this event
 * may not be kept for going back to. */
export const guardUnsaved = (unsaved: () => number): { committed(): void; changed(): void; end(): void } => {
  let on = false
  const ask = (event: Event): void => {
    if (unsaved() > 0) event.preventDefault()
  }
  const end = (): void => {
    if (on) globalThis.removeEventListener?.('beforeunload', ask)
    on = false
  }
  return {
    committed: () => {
      if (!on) globalThis.addEventListener?.('beforeunload', ask)
      on = true
    },
    changed: () => {
      if (on && unsaved() === 0) end()
    },
    end,
  }
}
