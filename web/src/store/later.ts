/** Few pages read the log or look back: the code for it is loaded when one does. */
import type { LiveStoreSchema } from '../schema/index.js'
import type { AdapterSession } from './adapter.js'
import type { EventsOptions, StoreEvent } from './events.js'
import { iterateLater } from './iterate.js'
import type { Past } from './past.js'

/** The code for it. */
export const load = () => import('./reading.js')

/** Reads the log of a session. `atEnd` takes what is to be called when there will be no more. */
export const makeEvents =
  (session: AdapterSession, schema: LiveStoreSchema, atEnd: (call: () => void) => () => void) =>
  (options: EventsOptions = {}): AsyncIterableIterator<StoreEvent, undefined> =>
    iterateLater(load().then(({ readEvents }) => readEvents(session, schema, options, atEnd)))

/** Looks back in the log of a session. */
export const makePast = ({ leader, core }: AdapterSession, schema: LiveStoreSchema): Past => {
  const call = (name: keyof Past) => async (...args: readonly unknown[]): Promise<any> => {
    const { openPast } = await load()
    return (openPast(leader, core.sessionId, schema)[name] as (...args: readonly unknown[]) => unknown)(...args)
  }
  const at = call('at')
  return {
    at: (position) => ({ query: async (query: unknown) => (await at(position)).query(query) }),
    eventChanges: call('eventChanges'),
    history: call('history'),
    diff: call('diff'),
    pending: call('pending'),
  }
}
