/** Something that is kept while anybody holds it, and for a while after that. */
export interface Lease {
  /** One more who holds it. Gives a function that lets go, once: `idleMs` after the last one did, it ends. */
  hold(idleMs: number): () => void
  /** End it then, unless somebody holds it by now or until then; a time before is forgotten. */
  endIn(idleMs: number): void
  /** Nothing is to be ended any more. */
  stop(): void
}

/** The longest time that a timer can wait for. */
const MOST_MS = 0x7fffffff

export const makeLease = (end: () => void): Lease => {
  let holders = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let over = false
  const endIn = (idleMs: number): void => {
    clearTimeout(timer)
    if (!over && holders === 0 && idleMs <= MOST_MS) timer = setTimeout(end, idleMs)
  }
  return {
    hold: (idleMs) => {
      clearTimeout(timer)
      holders++
      let held = true
      return () => {
        if (held && --holders === 0) endIn(idleMs)
        held = false
      }
    },
    endIn,
    stop: () => {
      over = true
      clearTimeout(timer)
    },
  }
}
