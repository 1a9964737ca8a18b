/** A schema: events and state together, as the document that the library opens (docs/schema.md) and the functions
 * beside it. */
import type { CoreMaterializer, SeqNum } from '../core/types.js'
import { tableIsClientDocumentTable, type AnyDocument } from './client-document.js'
import type { JsonSchema } from './codec.js'
import { aboutEvent, isEncoded, type AnyEventDef, type EventInstance } from './events.js'
import { addOnce, type State, type Tables } from './make-state.js'
import { compileMaterializer } from './materializers.js'
import { Void } from './scalars.js'
import { SessionIdSymbol } from './session-id.js'
import type { AnyTable } from './table.js'

/** An event that this schema does not know was met. */
export interface UnknownEventContext {
  /** As the log has it: its arguments are encoded. */
  readonly event: {
    readonly name: string
    readonly args: unknown
    readonly seqNum: SeqNum
    readonly clientId: string
    readonly sessionId: string
  }
  readonly reason: 'event-definition-missing' | 'materializer-missing'
}

/** What to do about events that this schema does not know. */
export type UnknownEventHandling =
  | { readonly strategy: 'warn' | 'ignore' | 'fail' }
  | {
      readonly strategy: 'callback'
      /** Told of each such event, one after the other of each name; `error` says the same. What it throws, or rejects
       * with, goes to the log callback. When a new version of the app, or the first pull, meets such events while a store
       * is opened, older ones of their names are told too. */
      readonly onUnknownEvent: (context: UnknownEventContext, error: Error & UnknownEventContext) => unknown
    }

/** The events of a schema: by any keys, or in a list. */
export type Events = readonly unknown[] | Readonly<Record<string, unknown>>

/** What a schema is made of. */
export interface SchemaInput<E extends Events, T extends Tables> {
  readonly events: E
  readonly state: State<T>
  readonly devtools?: { readonly alias?: string }
  /** Default: warn. */
  readonly unknownEventHandling?: UnknownEventHandling
}

/** A schema. `Event` is the type of all events that it knows. */
export interface LiveStoreSchema<Event extends EventInstance = EventInstance> {
  /** The schema document as JSON text. */
  readonly document: string
  /** The materializers that are functions. */
  readonly materializers: Readonly<Record<string, CoreMaterializer>>
  readonly tables: Map<string, AnyTable>
  readonly events: Map<string, AnyEventDef>
  readonly devtools: { readonly alias: string }
  readonly unknownEventHandling: UnknownEventHandling
  /** An event as it is committed: checked and encoded, with the session's id in the place of SessionIdSymbol. */
  encodeEvent(event: EventInstance, sessionId: string): { readonly name: string; readonly args: unknown }
  /** Only a type. */
  readonly Event: Event
}

/** Types that go with `LiveStoreSchema`. */
export declare namespace LiveStoreSchema {
  /** Any schema. */
  type Any = LiveStoreSchema<any>
}

/** An event that can be committed to a store of a schema. */
export type EventInput<S extends LiveStoreSchema> = S['Event']

type ValuesOf<T> = T extends readonly (infer V)[] ? V : T[keyof T]
type EventOf<Def> = Def extends { readonly Event: infer E } ? E : never
type SetEventOf<T> = T extends { readonly set: { readonly Event: infer E } } ? E : never

/** The events of definitions, and of client documents among tables. */
export type EventsOf<E, T> = (EventOf<ValuesOf<E>> | SetEventOf<ValuesOf<T>>) & EventInstance

const isEventDef = (value: unknown): value is AnyEventDef =>
  typeof value === 'function' && 'schema' in value && 'options' in value

const collectEvents = (input: Events, documents: readonly AnyDocument[]): Map<string, AnyEventDef> => {
  const events = new Map<string, AnyEventDef>()
  for (const def of Object.values(input)) {
    if (!isEventDef(def))
      throw new TypeError('makeSchema: `events` has something that is not an event; Events.synced() makes one')
    addOnce(events, 'events', def.name, def)
  }
  for (const { set } of documents) {
    const other = events.get(set.name)
    if (other && other !== (set as unknown))
      throw new TypeError(`the event "${set.name}" is made by a client document; rename yours`)
    events.set(set.name, set as unknown as AnyEventDef)
  }
  return events
}

const argsSchema = ({ name, schema }: AnyEventDef): JsonSchema | undefined => {
  if (schema === Void) return undefined
  const args = schema.jsonSchema
  if (Object.keys(args).length === 0) return { type: 'object' }
  if (args.type !== 'object') throw new TypeError(`event "${name}": its schema has to be a Schema.Struct`)
  return args
}

// Entries of the document. What is undefined, or the symbol for the session's id, is left out of JSON.

const documentEntry = ({ valueSchema, default: { id, value }, options }: AnyDocument): object => ({
  value: valueSchema.jsonSchema,
  default: valueSchema.encode(value) as unknown,
  id,
  replace: options.partialSet ? undefined : true,
  undo: options.undo ? undefined : false,
})

const eventEntry = (def: AnyEventDef, materializer: object): object => {
  const { clientOnly, deprecated, undo } = def.options
  return { args: argsSchema(def), ...materializer, clientOnly: clientOnly || undefined, deprecated, undo }
}

const checkMaterializers = (names: Iterable<string>, events: Map<string, AnyEventDef>): void => {
  for (const name of names) {
    const def = events.get(name)
    if (!def) throw new TypeError(`a materializer is for "${name}", which is no event`)
    if (def.options.derived) throw new TypeError(`"${name}" is made by a client document: it needs no materializer`)
  }
}

/** The arguments of an event, encoded. */
const encodeArgs = (def: AnyEventDef, event: EventInstance, sessionId: string): unknown => {
  if (isEncoded(event)) return event.args
  const args = event.args as { readonly id?: unknown } | undefined
  const resolved = def.options.derived && args?.id === SessionIdSymbol ? { ...args, id: sessionId } : args
  return aboutEvent(def.name, () => def.schema.encode(resolved)) ?? {}
}

/** A schema of events and state. What is wrong with it is told here, or by the library when a store is opened with it.
 * */
export const makeSchema = <const E extends Events, T extends Tables>(
  input: SchemaInput<E, T>,
): LiveStoreSchema<EventsOf<E, T>> => {
  const { sqlite, materializers: handlers } = input.state
  const documents = [...sqlite.tables.values()].filter(tableIsClientDocumentTable)
  const events = collectEvents(input.events, documents)
  checkMaterializers(handlers.keys(), events)

  const materializers: Record<string, CoreMaterializer> = {}
  const entries: Record<string, object> = {}
  for (const def of events.values()) {
    if (def.options.derived) continue
    const handler = handlers.get(def.name)
    const { call, ...sql } = handler === undefined ? {} : compileMaterializer(def, handler)
    if (call) materializers[def.name] = call
    entries[def.name] = eventEntry(def, call ? { function: call.version } : sql)
  }

  const unknownEventHandling = input.unknownEventHandling ?? { strategy: 'warn' }
  const { strategy } = unknownEventHandling
  return {
    document: JSON.stringify({
      livestore: 1,
      tables: sqlite.statements,
      events: entries,
      documents: Object.fromEntries(documents.map((table) => [table.name, documentEntry(table)])),
      unknownEvents: strategy === 'callback' ? 'warn' : strategy,
    }),
    materializers,
    tables: sqlite.tables,
    events,
    devtools: { alias: input.devtools?.alias ?? 'default' },
    unknownEventHandling,
    encodeEvent(event, sessionId) {
      const def = events.get(event.name)
      if (!def) throw new TypeError(`the schema has no event "${event.name}"`)
      return { name: event.name, args: encodeArgs(def, event, sessionId) }
    },
  } as LiveStoreSchema<EventsOf<E, T>>
}
