/** Client documents: a value per id for what belongs to this client alone. Reading one writes nothing: where none is
 * set, the default is shown; what is stored and no longer fits the schema is shown as far as it fits. The library
 * applies the set event itself (docs/schema.md, client documents). */
import { makeQuery } from '../query/builder.js'
import { quote } from '../query/compiled.js'
import type { QueryBuilder } from '../query/types.js'
import type { AnyCodec, Codec } from './codec.js'
import { makeColumn, text, type ColumnDef } from './columns.js'
import { toCodec } from './convert.js'
import { lenient, mergeDefaults, readRow, storedCodec } from './document-codec.js'
import { aboutEvent, makeEventDef, type EventInstance, type EventOptions } from './events.js'
import { StringCodec } from './scalars.js'
import { SessionIdSymbol } from './session-id.js'
import { makeObject, partial } from './struct.js'
import { makeTable, type TableDef } from './table.js'
import type { AnySchema, EncodedOf, TypeOf } from './types.js'

/** The id of a document. */
export type DocumentId = string | SessionIdSymbol

type IsUnion<T, All = T> = T extends unknown ? ([All] extends [T] ? false : true) : never
type HasKnownKeys<T> = 0 extends 1 & T
  ? false
  : T extends string | number | boolean | bigint | null | undefined | Date | Uint8Array | readonly unknown[]
    ? false
    : string extends keyof T
      ? false
      : IsUnion<T> extends false
        ? true
        : false

/** What a set takes: some keys of a struct, or the whole value. */
export type SetValue<T, Partially> = Partially extends false ? T : HasKnownKeys<T> extends true ? Partial<T> : T

type IdArgument<Id> = Id extends DocumentId ? [id?: DocumentId] : [id: DocumentId]

/** Reads the value of an id. */
export type GetDocument<T, Id> = (
  ...args: Id extends DocumentId
    ? [id?: DocumentId, options?: { readonly default?: Partial<T> | T }]
    : [id: DocumentId, options?: { readonly default?: Partial<T> | T }]
) => QueryBuilder<T>

/** Makes the event that sets a value. It is an event definition too. */
export interface SetDocument<Name extends string, T, Id, Partially> {
  (
    value: SetValue<T, Partially>,
    ...id: IdArgument<Id>
  ): EventInstance<`${Name}Set`, { readonly id: string; readonly value: SetValue<T, Partially> }>
  readonly name: `${Name}Set`
  readonly schema: Codec<{ readonly id: string; readonly value: SetValue<T, Partially> }, any>
  readonly options: EventOptions<true>
  encoded(args: any): EventInstance<`${Name}Set`, { readonly id: string; readonly value: SetValue<T, Partially> }>
  readonly Event: EventInstance<`${Name}Set`, { readonly id: string; readonly value: SetValue<T, Partially> }>
}

/** The columns of a document's table. */
export type DocumentColumns<T> = {
  readonly id: ColumnDef<string, string, false>
  readonly value: ColumnDef<T, string, true>
}

/** A client document. It is a table too, with the columns id and value. */
export interface ClientDocumentTableDef<
  Name extends string = string,
  T = any,
  Encoded = any,
  Id = DocumentId | undefined,
  Partially extends boolean = boolean,
> extends TableDef<Name, DocumentColumns<T>> {
  readonly get: GetDocument<T, Id>
  readonly set: SetDocument<Name, T, Id, Partially>
  readonly valueSchema: Codec<T, Encoded>
  readonly default: { readonly id: Id; readonly value: T }
  readonly options: { readonly isClientDocumentTable: true; readonly partialSet: Partially; readonly undo: boolean }
  /** Only a type: the value. */
  readonly Value: T
}

/** Any client document. */
export type AnyDocument = ClientDocumentTableDef<any, any, any, any, any>

/** A document of a schema. Without `partialSet: false`, setting a struct merges the given keys into it. Undo passes over
 * what is set, unless `undo: true` says otherwise. */
export const clientDocument = <
  const Name extends string,
  S extends AnySchema,
  const Id extends DocumentId | undefined = undefined,
  const P extends boolean = true,
>(options: {
  readonly name: Name
  readonly schema: S
  readonly partialSet?: P
  readonly undo?: boolean
  readonly default: { readonly id?: Id; readonly value: NoInfer<TypeOf<S>> }
}): ClientDocumentTableDef<Name, TypeOf<S>, EncodedOf<S>, Id, P> => {
  const {
    name,
    default: { id: defaultId, value: defaultValue },
  } = options
  const codec: AnyCodec = toCodec(options.schema)
  const merges = options.partialSet !== false && codec.shape.fields !== undefined && !codec.shape.transforms
  const setName = `${name}Set`
  const stored = storedCodec(lenient(codec, merges, defaultValue))
  const setSchema: AnyCodec = makeObject({
    id: StringCodec,
    value: merges ? lenient(partial(codec), true, {}) : lenient(codec, false, defaultValue),
  })

  const idOf = (id: DocumentId | undefined): DocumentId => {
    const found = id ?? defaultId
    if (found === undefined) throw new TypeError(`"${name}" has no default id: give one, or SessionIdSymbol`)
    return found
  }

  const get = (id?: DocumentId, more: { readonly default?: unknown } = {}): QueryBuilder => {
    const wanted = idOf(id)
    return makeQuery({
      sql: `SELECT * FROM ${quote(name)} WHERE "id" = ?`,
      params: [wanted],
      decode: (rows) => readRow(stored, rows, mergeDefaults<unknown>(defaultValue, more.default)),
      usedTables: new Set([name]),
      label: `${name}.get:${wanted === SessionIdSymbol ? 'sessionId' : wanted}`,
      writes: false,
    })
  }

  const set = (value: unknown, id?: DocumentId): EventInstance => {
    const args = { id: idOf(id), value }
    aboutEvent(setName, () => setSchema.encode({ id: '', value }))
    return { name: setName, args }
  }

  const table = makeTable(name, { id: text({ primaryKey: true }), value: makeColumn('text', stored, {}) }, [], true)
  return Object.assign(table, {
    get,
    set: makeEventDef(set, setName, setSchema, { clientOnly: true, derived: true }),
    valueSchema: codec,
    default: { id: defaultId, value: defaultValue },
    options: { isClientDocumentTable: true, partialSet: merges, undo: options.undo === true },
  }) as never
}

/** Is a table a client document? */
export const tableIsClientDocumentTable = (table: {
  readonly options: { readonly isClientDocumentTable: boolean }
}): table is AnyDocument => table.options.isClientDocumentTable
