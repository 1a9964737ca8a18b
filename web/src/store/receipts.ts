/** Receipts of commits: how far a commit has come, and promises of the stages that it is still to reach. A promise is
 * made when somebody asks for it; nothing is kept for a receipt that nobody looks at. */
import type { Conflict, CoreReceipt, CoreSession, SeqNum, Stage } from '../core/types.js'
import { deepEqual } from '../live/index.js'
import type { LeaderCalls } from './adapter.js'
import { ConflictError } from './errors.js'

/** What `store.commit` gives. */
export interface Receipt {
  /** Where the events stood when the commit returned; a rebase gives them other numbers. */
  readonly first: SeqNum
  readonly last: SeqNum
  readonly label: string | undefined
  /** How far it has come by now. */
  readonly stage: Stage
  /** It is in the log, and will be there after a crash. Rejected with a ConflictError when the commit was set aside,
   * and with a ShutdownError when the store went before. */
  readonly durable: Promise<void>
  /** The server has it. Rejected likewise. */
  readonly confirmed: Promise<void>
}

/** An event as it is committed. */
export interface EncodedEvent {
  readonly name: string
  readonly args?: unknown
}

export interface Receipts {
  make(receipt: CoreReceipt, events: readonly EncodedEvent[], label?: string): Receipt
  /** Of a commit of nothing, which is everywhere at once. */
  nothing(label?: string): Receipt
  /** Stages may have changed: settle promises. */
  check(): void
  /** The store is gone. */
  lose(error: Error): void
}

interface Wait {
  readonly stages: readonly Stage[]
  readonly receipt: CoreReceipt
  readonly events: readonly EncodedEvent[]
  resolve(): void
  reject(error: Error): void
}

const DURABLE: readonly Stage[] = ['durable', 'confirmed']
const CONFIRMED: readonly Stage[] = ['confirmed']

const isOf = (conflict: Conflict, sessionId: string, events: readonly EncodedEvent[]): boolean =>
  conflict.events.length === events.length &&
  conflict.events.every((event, i) =>
    event.sessionId === sessionId && event.name === events[i]?.name && deepEqual(event.args, events[i]?.args ?? {}))

export const makeReceipts = (core: CoreSession, leader: LeaderCalls): Receipts => {
  const waits = new Set<Wait>()
  let lost: Error | undefined

  const rejectWithConflict = async (wait: Wait): Promise<void> => {
    const conflicts = await leader.conflicts().catch(() => [])
    wait.reject(new ConflictError(conflicts.filter((conflict) => isOf(conflict, core.sessionId, wait.events)).at(-1)))
  }

  /** Done with it, one way or the other? */
  const settle = (wait: Wait): boolean => {
    const stage = core.stage(wait.receipt)
    if (wait.stages.includes(stage)) wait.resolve()
    else if (stage === 'set-aside') void rejectWithConflict(wait)
    else return false
    return true
  }

  const reach = (receipt: CoreReceipt, events: readonly EncodedEvent[], stages: readonly Stage[]): Promise<void> => {
    const promise = new Promise<void>((resolve, reject) => {
      const wait = { stages, receipt, events, resolve, reject }
      if (lost) reject(lost)
      else if (!settle(wait)) waits.add(wait)
    })
    // Who does not look at the promise does not want to hear of it.
    promise.catch(() => {})
    return promise
  }

  return {
    make: (receipt, events, label) => {
      let last = receipt.stage
      let durable: Promise<void> | undefined
      let confirmed: Promise<void> | undefined
      return {
        first: receipt.first,
        last: receipt.last,
        label,
        get stage() {
          return lost ? last : (last = core.stage(receipt))
        },
        get durable() {
          return (durable ??= reach(receipt, events, DURABLE))
        },
        get confirmed() {
          return (confirmed ??= reach(receipt, events, CONFIRMED))
        },
      }
    },
    nothing: (label) => {
      const { head } = core.status()
      const done = Promise.resolve()
      return { first: head, last: head, label, stage: 'confirmed', durable: done, confirmed: done }
    },
    check: () => {
      for (const wait of waits) if (settle(wait)) waits.delete(wait)
    },
    lose: (error) => {
      lost = error
      for (const wait of waits) wait.reject(error)
      waits.clear()
    },
  }
}
