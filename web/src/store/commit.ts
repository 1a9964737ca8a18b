/** Committing events, in all forms that `store.commit` takes. */
import type { CoreSession } from '../core/types.js'
import type { EventInstance } from '../schema/index.js'
import type { EncodedEvent, Receipt, Receipts } from './receipts.js'

/** What may stand before the events of a commit. */
export interface CommitOptions {
  /** Names the commit: `receipt.label`. */
  readonly label?: string
  /** Tell nobody yet: subscriptions are called with the next commit without this, `setSignal` or `manualRefresh`. */
  readonly skipRefresh?: boolean
  /** Accepted for the sake of LiveStore's apps, and not used. */
  readonly spanLinks?: unknown
  /** Accepted for the sake of LiveStore's apps, and not used. */
  readonly otelContext?: unknown
}

/** Collects the events of a transaction. */
export type Collect = (...events: readonly EventInstance[]) => void

type Transaction = (commit: Collect) => void
type CommitArgs = readonly (CommitOptions | EventInstance | Transaction | undefined)[]

const isOptions = (value: CommitArgs[number]): value is CommitOptions =>
  typeof value === 'object' && !('name' in value)

const collect = (transaction: Transaction): readonly EventInstance[] => {
  const events: EventInstance[] = []
  let over = false
  const result: unknown = transaction((...more) => {
    if (over) throw new Error('commit: the transaction is over, since its function has returned')
    events.push(...more)
  })
  over = true
  if (result instanceof Promise) {
    throw new Error('commit: a transaction must not be async; wait first, then commit')
  }
  return events
}

/** Takes the arguments of `store.commit` apart. */
export const parseCommit = (args: CommitArgs): { options: CommitOptions; events: readonly EventInstance[] } => {
  const [first, ...others] = args
  const [options, rest] = isOptions(first) ? [first, others] : [{}, args]
  const [run] = rest
  return { options, events: typeof run === 'function' ? collect(run) : (rest as readonly EventInstance[]) }
}

/** Holds subscriptions back, from the first commit that skips them to the next that does not. */
export const makeHold = (core: CoreSession): { begin(): void; end(): void } => {
  let held = false
  return {
    begin: () => {
      if (!held) core.batchBegin()
      held = true
    },
    end: () => {
      if (!held) return
      held = false
      core.batchCommit()
    },
  }
}

export interface CommitParts {
  readonly core: CoreSession
  readonly receipts: Receipts
  readonly hold: { begin(): void; end(): void }
  encode(events: readonly EventInstance[]): readonly EncodedEvent[]
  /** Something was committed. */
  committed(): void
}

/** Commits events as one: all of them or none. An error is thrown to the caller; nothing has changed then. */
export const makeCommit = ({ core, receipts, hold, encode, committed }: CommitParts) =>
  (...args: CommitArgs): Receipt => {
    const { options, events } = parseCommit(args)
    if (events.length === 0) return receipts.nothing(options.label)
    const encoded = encode(events)
    const text = JSON.stringify(encoded)
    if (options.skipRefresh) hold.begin()
    const receipt = core.commit(text)
    if (!options.skipRefresh) hold.end()
    committed()
    return receipts.make(receipt, encoded, options.label)
  }
