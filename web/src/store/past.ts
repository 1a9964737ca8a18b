/** Looking back: the state at earlier positions, and what changed it. */
import type { LogEvent, RowChange, SqlParams, SqlValue } from '../core/types.js'
import { compileInput } from '../live/compile.js'
import type { Compilable, QueryInput, RawResult } from '../live/index.js'
import { resolveParams } from '../query/compiled.js'
import type { RawQuery } from '../query/raw.js'
import type { AnySchema, LiveStoreSchema } from '../schema/index.js'
import type { LeaderCalls } from './adapter.js'
import { decodeEvent } from './events.js'
import type { StoreEvent } from './events.js'
import { comparePlaces, toSeqNum } from './position.js'
import type { Position } from './position.js'

/** A table, or its name. */
export type TableName = string | { readonly name: string }

/** The state as it was at a position. */
export interface PastState {
  query<R>(query: Compilable<R>): Promise<R>
  query<S extends AnySchema | undefined = undefined>(query: RawQuery<S>): Promise<RawResult<S>>
}

/** How a store looks back. All of it is answered by whoever has the whole log, so it takes a moment. */
export interface Past {
  /** The state behind the event of this position. */
  at(position: Position): PastState
  /** The rows that an event changed. */
  eventChanges(position: Position): Promise<readonly RowChange[]>
  /** All that ever happened to a row, oldest first. `key`: the value of its primary key, a list when that has several
   * columns. */
  history(table: TableName, key: SqlValue | SqlParams): Promise<readonly { event: LogEvent; change: RowChange }[]>
  /** The rows that are not the same at two positions. */
  diff(from: Position, to: Position): Promise<readonly RowChange[]>
  /** What is in the log and on its way: events of this client, of all its tabs, that the server has not confirmed,
   * oldest first. Without a server that is all of them; events that never leave the client are left out. */
  pending(): Promise<readonly StoreEvent[]>
}

const nameOf = (table: TableName): string => (typeof table === 'string' ? table : table.name)

const isList = (key: SqlValue | SqlParams): key is SqlParams => Array.isArray(key)

/** What is behind the upstream head; read again when that has moved meanwhile. */
const readPending = async (leader: LeaderCalls): Promise<readonly LogEvent[]> => {
  const { upstreamHead, pending } = await leader.status()
  const events = await leader.events({ since: upstreamHead, synced: true }, pending)
  const now = await leader.status()
  return comparePlaces(now.upstreamHead, upstreamHead) === 0 ? events : readPending(leader)
}

export const openPast = (leader: LeaderCalls, sessionId: string, schema: LiveStoreSchema): Past => ({
  at: (position) => {
    const seq = toSeqNum(position)
    return {
      query: async (query: QueryInput<any>): Promise<any> => {
        const { sql, params, decode } = compileInput(query)
        return decode(await leader.queryAt(seq, sql, resolveParams(params, sessionId)), sessionId)
      },
    }
  },
  eventChanges: async (position) => leader.eventChanges(toSeqNum(position)),
  history: async (table, key) => leader.history(nameOf(table), isList(key) ? key : [key]),
  diff: async (from, to) => leader.diff(toSeqNum(from), toSeqNum(to)),
  pending: async () => (await readPending(leader)).map((event) => decodeEvent(schema, event)),
})
