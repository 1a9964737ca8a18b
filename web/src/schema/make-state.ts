/** The state that events make: tables, and how events change them. */
import { tableSql } from './ddl.js'
import type { Materializer } from './materializers.js'
import type { AnyTable } from './table.js'

/** Tables by any keys, or in a list. */
export type Tables = readonly AnyTable[] | Readonly<Record<string, AnyTable>>

/** Tables and materializers. */
export interface State<T extends Tables = Tables> {
  readonly sqlite: { readonly tables: Map<string, AnyTable>; readonly statements: readonly string[] }
  readonly materializers: Map<string, Materializer<any>>
  /** Only a type. */
  readonly Tables: T
}

/** What a state is made of. */
export interface StateInput<T extends Tables> {
  readonly tables: T
  readonly materializers: { readonly [event: string]: Materializer<any> }
  /** More statements for the schema: views, triggers, full-text tables, indexes on expressions. */
  readonly statements?: readonly string[]
  /** Taken for compatibility: the state is made anew whenever the schema has changed. */
  readonly migrations?: unknown
}

/** Add what must not be there yet; `what` there is. */
export const addOnce = <T>(map: Map<string, T>, what: string, name: string, value: T): void => {
  if (map.has(name)) throw new TypeError(`two ${what} have the name "${name}"`)
  map.set(name, value)
}

/** A state of tables and materializers. */
export const makeState = <const T extends Tables>(input: StateInput<T>): State<T> => {
  const tables = new Map<string, AnyTable>()
  const indexes = new Map<string, true>()
  for (const table of Object.values(input.tables) as AnyTable[]) {
    addOnce(tables, 'tables', table.name, table)
    for (const index of table.indexes) addOnce(indexes, 'indexes', index.name, true)
  }
  const statements = [...tables.values()].filter((table) => !table.options.isClientDocumentTable).flatMap(tableSql)
  return {
    sqlite: { tables, statements: [...statements, ...(input.statements ?? [])] },
    materializers: new Map(Object.entries(input.materializers)),
  } as unknown as State<T>
}
