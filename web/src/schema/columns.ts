/** Columns of tables: what is stored, and the codec between a value of SQLite and what a program sees. */
import type { SqlValue } from '../core/types.js'
import { makeCodec, makePlain, misfit, type AnyCodec, type Codec } from './codec.js'
import { toCodec } from './convert.js'
import {
  Any,
  BooleanCodec,
  DateCodec,
  DateFromNumber,
  NumberCodec,
  StringCodec,
  Uint8ArrayFromSelf,
} from './scalars.js'
import type { AnySchema, EncodedOf, TypeOf } from './types.js'
import { NullOr, parseJson } from './unions.js'

/** A type of SQLite's STRICT tables. */
export type ColumnType = 'text' | 'integer' | 'real' | 'blob'

/** A default that is SQL. It has to be the same on every node: CURRENT_TIMESTAMP is refused. */
export interface SqlDefault {
  readonly sql: string
}

/** What a column holds when an insert leaves it out. A function is called for each insert, never written into the
 * table; it has to give the same value on every node. */
export type ColumnDefault<T> = T | (() => T) | SqlDefault

/** A column of a table. */
export interface ColumnDef<Type = any, Encoded = any, Omittable extends boolean = boolean> {
  readonly columnType: ColumnType
  /** Between the value of SQLite and what a program sees. */
  readonly schema: Codec<Type, Encoded>
  readonly nullable: boolean
  readonly primaryKey: boolean
  readonly autoIncrement: boolean
  readonly default: { readonly value: unknown } | undefined
  /** Only a type: an insert may leave the column out. */
  readonly Omittable: Omittable
}

/** Any column. */
export type AnyColumn = ColumnDef<any, any, any>

type Nullable<T, N> = N extends true ? T | null : T
type Given<D, N, A> = N extends true ? true : A extends true ? true : [D] extends [never] ? false : true

interface Options<N, A, D> {
  readonly nullable?: N
  readonly default?: D
  readonly primaryKey?: boolean
  /** SQLite numbers the rows that are inserted without a value. */
  readonly autoIncrement?: A
}

/** A kind of column whose values a schema may restrict or transform. */
export interface ColumnKind<Base, Encoded> {
  (): ColumnDef<Base, Encoded, false>
  <
    S extends AnySchema & { readonly Encoded?: Encoded } = Codec<Base, Encoded>,
    const N extends boolean = false,
    const A extends boolean = false,
    D extends ColumnDefault<Nullable<TypeOf<S>, N>> = never,
  >(
    options: Options<N, A, D> & { readonly schema?: S },
  ): ColumnDef<Nullable<TypeOf<S>, N>, Nullable<EncodedOf<S>, N>, Given<D, N, A>>
}

/** A kind of column that holds JSON. */
export interface JsonColumnKind {
  (): ColumnDef<any, string, false>
  <
    S extends AnySchema = Codec<any>,
    const N extends boolean = false,
    D extends ColumnDefault<Nullable<TypeOf<S>, N>> = never,
  >(
    options: Options<N, false, D> & { readonly schema?: S },
  ): ColumnDef<Nullable<TypeOf<S>, N>, Nullable<string, N>, Given<D, N, false>>
}

/** A kind of column whose schema is fixed. */
export interface FixedColumnKind<Base, Encoded> {
  (): ColumnDef<Base, Encoded, false>
  <const N extends boolean = false, D extends ColumnDefault<Nullable<Base, N>> = never>(
    options: Options<N, false, D>,
  ): ColumnDef<Nullable<Base, N>, Nullable<Encoded, N>, Given<D, N, false>>
}

/** Is what a codec gives a value that SQLite has? */
const isSqlValue = (value: unknown): value is SqlValue =>
  value === null || ['number', 'string', 'bigint'].includes(typeof value) || value instanceof Uint8Array

/** A column of its parts. */
export const makeColumn = (
  columnType: ColumnType,
  core: AnyCodec,
  options: Partial<Options<boolean, boolean, unknown>>,
): AnyColumn => {
  const nullable = options.nullable ?? false
  if (nullable && options.primaryKey) throw new TypeError('a primary key cannot be nullable')
  return {
    columnType,
    schema: nullable ? NullOr(core) : core,
    nullable,
    primaryKey: options.primaryKey ?? false,
    autoIncrement: options.autoIncrement ?? false,
    default: options.default === undefined ? undefined : { value: options.default },
  } as AnyColumn
}

const kind =
  (columnType: ColumnType, coreOf: (schema: AnySchema | undefined) => AnyCodec): any =>
  (options: Partial<Options<boolean, boolean, unknown>> & { schema?: AnySchema } = {}) =>
    makeColumn(columnType, coreOf(options.schema), options)

const own =
  (base: AnyCodec) =>
  (schema: AnySchema | undefined): AnyCodec =>
    schema ? toCodec(schema) : base

/** Booleans as SQLite has them. */
export const BooleanFromNumber: Codec<boolean, number> = makeCodec({
  decode: (value, at) => (value === 1 || value === 0 ? value === 1 : misfit(at, '0 or 1', value)),
  encode: (value, at) => (BooleanCodec.encode(value, at) ? 1 : 0),
  json: () => ({ enum: [0, 1] }),
  shape: { transforms: true },
})

/** Numbers of a column: SQLite has infinities too. */
const Real = makePlain<number>('a number', (value) => typeof value === 'number' && !Number.isNaN(value), {
  type: 'number',
})

/** Text. */
export const text: ColumnKind<string, string> = kind('text', own(StringCodec))
/** An integer. */
export const integer: ColumnKind<number, number> = kind('integer', own(NumberCodec))
/** A floating-point number. */
export const real: ColumnKind<number, number> = kind('real', own(Real))
/** Bytes. */
export const blob: ColumnKind<Uint8Array, Uint8Array> = kind('blob', own(Uint8ArrayFromSelf))
/** JSON text. */
export const json: JsonColumnKind = kind('text', (schema) => parseJson(schema ? toCodec(schema) : Any))
/** A Date, stored as ISO 8601 text in UTC. */
export const datetime: FixedColumnKind<Date, string> = kind('text', () => DateCodec)
/** A Date, stored as milliseconds since 1970. */
export const datetimeInteger: FixedColumnKind<Date, number> = kind('integer', () => DateFromNumber)
/** A boolean, stored as 0 or 1. */
export const boolean: FixedColumnKind<boolean, number> = kind('integer', () => BooleanFromNumber)

/** The value of a column as SQLite stores it. */
export const encodeColumn = (column: AnyColumn, value: unknown, at: string): SqlValue => {
  const encoded: unknown = column.schema.encode(value, at)
  return encoded === undefined && column.nullable
    ? null
    : isSqlValue(encoded)
      ? encoded
      : misfit(at, 'a value that SQLite stores', encoded)
}

/** Is a default SQL? */
export const isSqlDefault = (value: unknown): value is SqlDefault =>
  typeof value === 'object' && value !== null && typeof (value as Partial<SqlDefault>).sql === 'string'

/** Does a column of a table tell its rows apart? */
export const hasKey = (columns: Readonly<Record<string, AnyColumn>>): boolean =>
  Object.values(columns).some(({ primaryKey }) => primaryKey)
