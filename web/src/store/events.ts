/** Reading the log: events that the server has confirmed, as they are, and as they come. */
import type { LogEvent, SeqNum } from '../core/types.js'
import type { LiveStoreSchema } from '../schema/index.js'
import type { AdapterSession } from './adapter.js'
import { comparePlaces, ROOT, toSeqNum } from './position.js'
import type { Position } from './position.js'

/** Which events are read. */
export interface EventsOptions {
  /** After this one; default: from the beginning. */
  readonly since?: Position
  /** Up to and with this one; then it ends. Default: never. */
  readonly until?: Position
  /** Names of events. */
  readonly filter?: readonly string[]
  readonly clientIds?: readonly string[]
  readonly sessionIds?: readonly string[]
  /** How many are read at once: 1 to 1000, default 100. */
  readonly batchSize?: number
  /** Those that never leave this client, too. */
  readonly includeClientOnly?: boolean
}

/** An event of the log, with decoded arguments; of an event that the schema does not know, with those of the log. */
export interface StoreEvent {
  readonly name: string
  readonly args: unknown
  readonly seqNum: SeqNum
  readonly parentSeqNum: SeqNum
  readonly clientId: string
  readonly sessionId: string
}

/** An event of the log as a program sees it. */
export const decodeEvent = (schema: LiveStoreSchema, event: LogEvent): StoreEvent => ({
  name: event.name,
  args: schema.events.has(event.name) ? schema.events.get(event.name)?.schema.decode(event.args) : event.args,
  seqNum: event.seq,
  parentSeqNum: event.parent,
  clientId: event.clientId,
  sessionId: event.sessionId,
})

const makeMatcher = ({ filter, clientIds, sessionIds }: EventsOptions) => (event: LogEvent): boolean =>
  (!filter || filter.includes(event.name)) &&
  (!clientIds || clientIds.includes(event.clientId)) &&
  (!sessionIds || sessionIds.includes(event.sessionId))

/** A name as the pattern that it alone fits. */
const patternOf = (name: string): string => name.replace(/[*?[]/g, '[$&]')

const filterOf = ({ filter, clientIds, sessionIds, includeClientOnly }: EventsOptions, until: SeqNum | undefined) => ({
  synced: !includeClientOnly,
  ...(until && { until }),
  ...(filter?.length === 1 && { name: patternOf(filter[0] as string) }),
  ...(clientIds?.length === 1 && { clientId: clientIds[0] as string }),
  ...(sessionIds?.length === 1 && { sessionId: sessionIds[0] as string }),
})

const checkSize = (size: number): number => {
  if (Number.isInteger(size) && size >= 1 && size <= 1000) return size
  throw new Error(`events: batchSize is ${size}: expected a whole number from 1 to 1000`)
}

/** Waits for news. What is told meanwhile is not missed: `next` comes at once then, and always after `stop`. */
const listen = (session: AdapterSession): { next(): Promise<void>; stop(): void; readonly over: boolean } => {
  let told = false
  let over = false
  let wake = (): void => {}
  const tell = (): void => {
    told = true
    wake()
  }
  const end = session.subscribe(tell)
  return {
    next: async () => {
      if (!told) await new Promise<void>((resolve) => (wake = resolve))
      told = over
    },
    stop: () => {
      over = true
      end()
      tell()
    },
    get over() {
      return over
    },
  }
}

interface Reading {
  readonly session: AdapterSession
  readonly schema: LiveStoreSchema
  readonly options: EventsOptions
  readonly most: number
  readonly news: ReturnType<typeof listen>
  readonly confirmed: boolean
}

async function* read({ session, schema, options, most, news, confirmed }: Reading): AsyncGenerator<StoreEvent, undefined> {
  const { leader } = session
  const until = options.until === undefined ? undefined : toSeqNum(options.until)
  let since = options.since === undefined ? ROOT : toSeqNum(options.since)
  if (until && comparePlaces(since, until) >= 0) return
  const filter = filterOf(options, until)
  const matches = makeMatcher(options)
  for (; !news.over; await news.next()) {
    const last = until !== undefined && comparePlaces((await leader.status()).upstreamHead, until) >= 0
    let events: readonly LogEvent[]
    do {
      events = await leader.events({ ...filter, confirmed, since }, most)
      for (const event of events) {
        since = event.seq
        if (matches(event)) yield decodeEvent(schema, event)
      }
    } while (events.length === most && !news.over)
    if (last) return
  }
}

/** Gives events, then waits for more: until `until`, until the caller stops, or until the store is gone. */
export const readEvents = (
  session: AdapterSession, schema: LiveStoreSchema, options: EventsOptions, atEnd: (call: () => void) => () => void,
  confirmed = true,
): AsyncIterableIterator<StoreEvent, undefined> => {
  const most = checkSize(options.batchSize ?? 100)
  const news = listen(session)
  const forget = atEnd(news.stop)
  const events = read({ session, schema, options, most, news, confirmed })
  const finish = (): void => {
    forget()
    news.stop()
  }
  return {
    next: async () => {
      const result = await events.next()
      if (result.done) finish()
      return result
    },
    return: async () => {
      finish()
      return events.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
