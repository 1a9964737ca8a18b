/** What `Schema` is: the constructors of codecs, under the names that Effect's Schema has for them. */
import { Deprecated, type Codec } from './codec.js'
import { Literal } from './scalars.js'
import { makeObject, type Fields, type Struct } from './struct.js'
import { toCodec } from './convert.js'
import type { AnySchema, EncodedOf, TypeOf } from './types.js'

export {
  Any,
  BigIntCodec as BigInt,
  BooleanCodec as Boolean,
  DateCodec as Date,
  DateCodec as DateFromString,
  DateFromNumber,
  Enums,
  Int,
  Literal,
  NonEmptyString,
  Null,
  NumberCodec as Number,
  NumberFromString,
  StringCodec as String,
  Trim,
  Uint8ArrayCodec as Uint8Array,
  Uint8ArrayFromSelf,
  Undefined,
  Unknown,
  Void,
} from './scalars.js'
export { extend, omit, optional, optionalWith, partial, pick, pluck, RecordCodec as Record, Struct } from './struct.js'
export { ArrayCodec as Array, headOrElse, NonEmptyArray, Tuple } from './lists.js'
export { NullishOr, NullOr, parseJson, suspend, transform, UndefinedOr, Union } from './unions.js'
export * from './filters.js'
export { SchemaError } from './codec.js'
export type { Codec } from './codec.js'
export { toCodec }

/** The decoded type of a schema. */
export type Type<S> = TypeOf<S>
/** The encoded type of a schema. */
export type Encoded<S> = EncodedOf<S>
/** A codec, named as Effect names it. */
export type Schema<T, E = T> = Codec<T, E>

/** A struct with the constant key `_tag`. */
export const TaggedStruct = <const T extends string, const F extends Fields>(
  tag: T,
  fields: F,
): Struct<{ readonly _tag: Codec<T> } & F> => makeObject({ _tag: Literal(tag), ...fields })

type Writable<T> = T extends string | number | boolean | bigint | symbol | null | undefined | Date | Uint8Array
  ? T
  : { -readonly [K in keyof T]: T[K] }

/** The same codec; its types may be written to. */
export const mutable = <T, E>(codec: Codec<T, E>): Codec<Writable<T>, Writable<E>> => codec as never

/** The same codec; its type has a name that keeps it apart from others. */
export const brand =
  <const B extends string>(_brand: B) =>
  <T, E>(codec: Codec<T, E>): Codec<T & { readonly __brand: B }, E> =>
    codec as never

/** Note that a key should not be used any more: committing an event with it is noted in the log callback, once. */
export const deprecated =
  (reason: string) =>
  <S extends { annotations(notes: { [Deprecated]: string }): unknown }>(schema: S): S =>
    schema.annotations({ [Deprecated]: reason }) as S

/** Decode with any schema: Schema.decodeUnknownSync(Todo)(value) */
export const decodeUnknownSync =
  <S extends AnySchema>(schema: S) =>
  (value: unknown): TypeOf<S> =>
    toCodec(schema).decode(value)

/** Encode with any schema: Schema.encodeSync(Todo)(todo) */
export const encodeSync =
  <S extends AnySchema>(schema: S) =>
  (value: TypeOf<S>): EncodedOf<S> =>
    toCodec(schema).encode(value)
