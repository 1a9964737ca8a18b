/** The end of a store, and what is to be done then. */
import { reportLater } from '../core/error.js'
import { ShutdownError } from './errors.js'

export interface Life {
  /** Throws when the store has been shut down. */
  alive(operation: string): void
  /** Told why, when the store has ended. */
  readonly ended: Promise<unknown>
  /** Called at the end. Gives a function that takes it back; false: it has been called or taken back already. */
  atEnd(call: () => void): () => boolean
  /** Ends it: nothing can be asked of the store any more. `close` gives back what it was made of. Once. */
  end(cause: unknown): Promise<void>
}

/** What it would give back may be gone already, when the session ended by itself. */
const attempt = (call: () => void): void => {
  try {
    call()
  } catch (error) {
    reportLater(error)
  }
}

export const makeLife = (storeId: string, close: (error: ShutdownError) => Promise<void>): Life => {
  const calls = new Set<() => void>()
  let error: unknown
  let closing: Promise<void> | undefined
  let told: (cause: unknown) => void = () => {}
  const ended = new Promise<unknown>((resolve) => (told = resolve))
  const finish = async (cause: unknown): Promise<void> => {
    for (const call of calls) attempt(call)
    calls.clear()
    await close(new ShutdownError(storeId, 'wait', cause))
    told(cause)
  }
  return {
    alive: (operation) => {
      if (closing) throw new ShutdownError(storeId, operation, error)
    },
    ended,
    atEnd: (call) => {
      calls.add(call)
      return () => calls.delete(call)
    },
    end: (cause) => {
      if (closing) return closing
      error = cause
      return (closing = Promise.resolve().then(() => finish(cause)))
    },
  }
}
