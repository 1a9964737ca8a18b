/** Tells the schema's callback of events that the schema does not know. The library notes each of their names once, as
 * a line of the log; the events themselves are read from the event log, those that come later too. */
import type { SeqNum } from '../core/types.js'
import type { LiveStoreSchema, UnknownEventContext } from '../schema/index.js'
import type { AdapterArgs, AdapterSession } from './adapter.js'
import { readEvents } from './events.js'
import { ROOT } from './position.js'

/** The names of unknown events, as they are noted. */
interface Unknown {
  /** Takes those names out of the log. */
  readonly log: AdapterArgs['onLog']
  /** There is a store: tells of the events, until `ended`. */
  begin(session: AdapterSession, ended: Promise<unknown>): void
}

const REASON = { reason: 'event-definition-missing' } as const

const unknownError = (context: UnknownEventContext): Error & UnknownEventContext =>
  Object.assign(new Error(`event "${context.event.name}" is not in the schema`), context)

/** Tells of the events of a name, one after the other. */
const tellEvents = async (
  schema: LiveStoreSchema, log: AdapterArgs['onLog'], events: ReturnType<typeof readEvents>,
): Promise<void> => {
  const { unknownEventHandling: handling } = schema
  for await (const { name, args, seqNum, clientId, sessionId } of events) {
    const context = { event: { name, args, seqNum, clientId, sessionId }, ...REASON }
    try {
      if (handling.strategy === 'callback')
        await handling.onUnknownEvent(context, unknownError(context))
    } catch (error) {
      log('warning', 'unknown-event', `onUnknownEvent of the schema failed: ${String(error)}`)
    }
  }
}

/** Hears of unknown events from a log, and tells the callback of them. */
export const hearUnknown = (schema: LiveStoreSchema, log: AdapterArgs['onLog']): Unknown => {
  const names = new Set<string>()
  let tell = (_name: string): void => {}
  return {
    log: (level, key, text) => {
      const [, name] = (key === 'unknown-event' && /^event (.*) is not in the schema/.exec(text)) || []
      if (name === undefined) return log(level, key, text)
      if (names.has(name)) return
      names.add(name)
      tell(name)
    },
    begin(session, ended) {
      // Without a server nothing is confirmed, and nothing gets another number.
      const confirmed = session.network().phase !== 'off'
      const { head, upstreamHead } = session.core.status()
      const atEnd = (call: () => void): (() => void) => {
        void ended.then(call)
        return () => {}
      }
      const start = (name: string, since: SeqNum): void => {
        const options = { since, filter: [name], includeClientOnly: true }
        tellEvents(schema, log, readEvents(session, schema, options, atEnd, confirmed)).catch((error: unknown) =>
          log('info', 'unknown-event', `events "${name}" are not told of any more: ${String(error)}`))
      }
      for (const name of names) start(name, ROOT)
      tell = (name) => start(name, confirmed ? upstreamHead : head)
    },
  }
}
