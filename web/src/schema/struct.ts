/** Codecs of objects: structs with known keys, records with any, and what is made of structs. */
import {
  derive,
  isObject,
  makeCodec,
  misfit,
  type AnyCodec,
  type Codec,
  type CodecShape,
  type Definitions,
  type JsonSchema,
} from './codec.js'
import type { EncodedOf, Simplify, TypeOf } from './types.js'

/** The keys of a struct. */
export type Fields = Readonly<Record<string, AnyCodec>>

/** A key that may be missing. */
export interface Optional<C extends AnyCodec> extends Codec<TypeOf<C> | undefined, EncodedOf<C> | undefined> {
  readonly optional: 'both'
}

/** A key that may be missing where it is encoded: decoding puts the default there. */
export interface OptionalWithDefault<C extends AnyCodec> extends Codec<TypeOf<C>, EncodedOf<C> | undefined> {
  readonly optional: 'encoded'
}

type OptionalKeys<F, Where> = {
  [K in keyof F]: F[K] extends { readonly optional: infer O } ? (O extends Where ? K : never) : never
}[keyof F]

/** The decoded type of a struct. */
export type StructType<F extends Fields> = Simplify<
  { readonly [K in Exclude<keyof F, OptionalKeys<F, 'both'>>]: TypeOf<F[K]> } & {
    readonly [K in OptionalKeys<F, 'both'>]?: TypeOf<F[K]>
  }
>

/** The encoded type of a struct. */
export type StructEncoded<F extends Fields> = Simplify<
  { readonly [K in Exclude<keyof F, OptionalKeys<F, 'both' | 'encoded'>>]: EncodedOf<F[K]> } & {
    readonly [K in OptionalKeys<F, 'both' | 'encoded'>]?: EncodedOf<F[K]>
  }
>

/** An object with known keys. Others are dropped. */
export interface Struct<F extends Fields> extends Codec<StructType<F>, StructEncoded<F>> {
  readonly fields: F
}

type Plain = Record<string, unknown>

const asObject = (value: unknown, at: string): Plain => (isObject(value) ? value : misfit(at, 'an object', value))

/** The keys that have a value. A loop, as inserts are what a rebuild spends its time with. */
export const defined = (object: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(object)) if (object[key] !== undefined) kept[key] = object[key]
  return kept
}

/** The same keys, with what `change` makes of the values. */
export const mapValues = <T, R>(
  object: Readonly<Record<string, T>>, change: (value: T, key: string) => R,
): Record<string, R> => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]))

/** Keys of any name beside the known ones. */
export interface Rest {
  readonly key: AnyCodec
  readonly value: AnyCodec
}

const convert =
  (way: 'decode' | 'encode', fields: readonly [string, AnyCodec][], known: Fields, rest?: Rest) =>
  (value: unknown, at: string): Plain => {
    const from = asObject(value, at)
    const to: Plain = {}
    for (const [key, codec] of fields) {
      const missing = from[key] === undefined && codec.shape.optional
      if (missing && (way === 'encode' || !codec.shape.fallback)) continue
      const part = missing ? codec.shape.fallback?.() : codec[way](from[key], `${at}.${key}`)
      if (part !== undefined || !codec.shape.absent) to[key] = part
    }
    for (const key of rest ? Object.keys(from) : []) {
      if (!rest || Object.hasOwn(known, key) || from[key] === undefined) continue
      const value = rest.value[way](from[key], `${at}.${key}`)
      // A key may be "__proto__".
      const name = rest.key[way](key, `${at}, a key`) as string
      Object.defineProperty(to, name, { value, enumerable: true, writable: true, configurable: true })
    }
    return to
  }

const describe = (
  fields: readonly [string, AnyCodec][],
  rest: Rest | undefined,
  definitions: Definitions,
): JsonSchema => {
  const required = fields.filter(([, codec]) => !codec.shape.optional && !codec.shape.absent).map(([key]) => key)
  return {
    type: 'object',
    ...(fields.length > 0 && {
      properties: Object.fromEntries(fields.map(([key, codec]) => [key, codec.describe(definitions)])),
    }),
    ...(required.length > 0 && { required }),
    ...(rest && { additionalProperties: rest.value.describe(definitions) }),
  }
}

/** An object of known keys, and of others where `rest` says what they are. */
export const makeObject = <C extends AnyCodec>(fields: Fields, rest?: Rest): C => {
  const entries = Object.entries(fields)
  const shape: CodecShape = rest ? {} : { fields }
  return makeCodec(
    {
      decode: convert('decode', entries, fields, rest),
      encode: convert('encode', entries, fields, rest),
      json: (definitions) => describe(entries, rest, definitions),
      shape,
    },
    rest ? undefined : { fields },
  )
}

/** An object with these keys. Others are dropped. */
export const Struct = <const F extends Fields>(fields: F): Struct<F> => makeObject(fields)

const makeOptional = <C extends AnyCodec>(codec: AnyCodec, shape: CodecShape): C =>
  derive(codec, { shape: { ...codec.shape, optional: true, ...shape } })

/** A key that may be missing or undefined. */
export const optional = <C extends AnyCodec>(codec: C): Optional<C> => makeOptional(codec, {})

/** A key that may be missing where it is encoded; `default` makes what is decoded then. */
export const optionalWith: {
  <C extends AnyCodec>(codec: C, options: { readonly default: () => TypeOf<C> }): OptionalWithDefault<C>
  <C extends AnyCodec>(codec: C, options: { readonly exact: true }): Optional<C>
} = (codec: AnyCodec, options: { readonly default?: () => unknown; readonly exact?: true }): any =>
  makeOptional(codec, options.default ? { fallback: options.default } : {})

/** Any keys of one kind, with values of one kind. */
export const RecordCodec = <K extends Codec<string, any>, V extends AnyCodec>({
  key,
  value,
}: {
  readonly key: K
  readonly value: V
}): Codec<{ readonly [P in TypeOf<K>]: TypeOf<V> }, { readonly [P in EncodedOf<K>]: EncodedOf<V> }> =>
  makeObject({}, { key, value })

const fieldsOf = (codec: AnyCodec): Fields => codec.shape.fields ?? misfit('schema', 'a Struct', codec)

/** All keys may be missing. */
export const partial = <T, E>(codec: Codec<T, E>): Codec<Partial<T>, Partial<E>> =>
  makeObject(mapValues(fieldsOf(codec), (field) => makeOptional(field, { fallback: undefined })))

/** A struct of some of the keys. */
export const pick =
  <const K extends readonly string[]>(...keys: K) =>
  <T extends { readonly [P in K[number]]?: unknown }, E>(
    codec: Codec<T, E>,
  ): Codec<Simplify<Pick<T, K[number]>>, Simplify<Pick<E, K[number] & keyof E>>> =>
    makeObject(Object.fromEntries(Object.entries(fieldsOf(codec)).filter(([key]) => keys.includes(key))))

/** A struct of the other keys. */
export const omit =
  <const K extends readonly string[]>(...keys: K) =>
  <T, E>(codec: Codec<T, E>): Codec<Simplify<Omit<T, K[number]>>, Simplify<Omit<E, K[number]>>> =>
    makeObject(Object.fromEntries(Object.entries(fieldsOf(codec)).filter(([key]) => !keys.includes(key))))

/** A struct with the keys of both. */
export const extend: {
  <A, I>(other: Codec<A, I>): <T, E>(codec: Codec<T, E>) => Codec<Simplify<T & A>, Simplify<E & I>>
  <T, E, A, I>(codec: Codec<T, E>, other: Codec<A, I>): Codec<Simplify<T & A>, Simplify<E & I>>
} = (a: AnyCodec, b?: AnyCodec): any =>
  b
    ? makeObject({ ...fieldsOf(a), ...fieldsOf(b) })
    : (codec: AnyCodec) => makeObject({ ...fieldsOf(codec), ...fieldsOf(a) })

/** The value of one key, in the place of the struct. */
export const pluck =
  <const K extends string>(key: K) =>
  <T extends { readonly [P in K]?: unknown }, E extends { readonly [P in K]?: unknown }>(
    codec: Codec<T, E>,
  ): Codec<T[K], Pick<E, K>> => {
    const field = fieldsOf(codec)[key] ?? misfit('schema', `a Struct with the key "${key}"`, codec)
    const one: AnyCodec = makeObject({ [key]: field })
    return makeCodec({
      decode: (value, at) => (one.decode(value, at) as Plain)[key],
      encode: (value, at) => one.encode({ [key]: value }, at),
      json: (definitions) => one.describe(definitions),
      shape: { transforms: true },
    })
  }
