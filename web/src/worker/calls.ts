/** Answers what sessions ask of whoever has the whole log. */
import type { CoreStore, EventFilter, Rows, SeqNum, SqlParams } from '../core/types.js'
import type { LeaderCalls } from '../store/adapter.js'

type Answers = {
  [Name in keyof LeaderCalls]: (
    store: CoreStore, ...args: Parameters<LeaderCalls[Name]>
  ) => Awaited<ReturnType<LeaderCalls[Name]>>
}

const queryAt = (store: CoreStore, position: SeqNum, sql: string, params: SqlParams): Rows => {
  const view = store.at(position)
  try {
    return view.query(sql, params)
  } finally {
    view.close()
  }
}

const answers: Answers = {
  events: (store, filter: EventFilter, most) => store.events(filter, most),
  eventChanges: (store, seq) => store.eventChanges(seq),
  history: (store, table, key) => store.history(table, key),
  diff: (store, from, to) => store.diff(from, to),
  queryAt,
  status: (store) => store.status(),
  conflicts: (store) => store.conflicts(),
  retryConflict: (store, id, events) => void store.retryConflict(id, events),
  dropConflict: (store, id) => store.dropConflict(id),
}

/** `name` and `args` come from a tab of this origin, made by `LeaderCalls`. */
export const answer = (store: CoreStore, name: string, args: readonly unknown[]): unknown =>
  (answers as Record<string, (store: CoreStore, ...args: readonly unknown[]) => unknown>)[name]?.(store, ...args)
