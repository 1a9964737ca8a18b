/** Codecs of one thing or another, of recursive data, and of values changed or restricted. */
import {
  derive, makeCodec, misfit, SchemaError, type AnyCodec, type Codec, type CodecShape, type JsonSchema,
} from './codec.js'
import { Null, Undefined } from './scalars.js'
import type { EncodedOf, TypeOf } from './types.js'

const isNothing = (codec: AnyCodec): boolean => codec === Null || codec === Undefined

const tryEach =
  (way: 'decode' | 'encode', members: readonly AnyCodec[]) =>
  (value: unknown, at: string): unknown => {
    if ((value === null && members.includes(Null)) || (value === undefined && members.includes(Undefined))) return value
    // The error that came furthest tells most.
    let furthest: unknown
    for (const member of members) {
      if (isNothing(member)) continue
      try {
        return member[way](value, at)
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error
        if (!(furthest instanceof SchemaError) || error.at.length > furthest.at.length) furthest = error
      }
    }
    const alternatives = members.length - members.filter(isNothing).length
    if (furthest && (alternatives === 1 || (furthest as SchemaError).at !== at)) throw furthest
    return misfit(at, `one of ${members.length} alternatives`, value)
  }

const merge = (schemas: readonly JsonSchema[]): JsonSchema => {
  if (schemas.length === 1) return schemas[0] ?? {}
  if (schemas.every((schema) => Array.isArray(schema.enum)))
    return { enum: [...new Set(schemas.flatMap((schema) => schema.enum))] }
  const objects = schemas.every((schema) => schema.type === 'object')
  return { ...(objects && { type: 'object' }), anyOf: schemas }
}

const shapeOf = (members: readonly AnyCodec[]): CodecShape => {
  const rest = members.filter((member) => !isNothing(member))
  const core =
    rest.length === members.length || rest.length === 0 ? undefined : rest.length === 1 ? rest[0] : Union(...rest)
  return {
    core,
    element: rest.find((member) => member.shape.element)?.shape.element,
    absent: members.some((member) => member.shape.absent),
    transforms: members.some((member) => member.shape.transforms),
  }
}

/** The first of these that fits. */
export const Union = <const M extends readonly AnyCodec[]>(
  ...members: M
): Codec<TypeOf<M[number]>, EncodedOf<M[number]>> =>
  makeCodec({
    decode: tryEach('decode', members),
    encode: tryEach('encode', members),
    json: (definitions) =>
      merge(members.filter((member) => member !== Undefined).map((member) => member.describe(definitions))),
    shape: shapeOf(members),
  })

/** A value, or null. */
export const NullOr = <C extends AnyCodec>(codec: C): Codec<TypeOf<C> | null, EncodedOf<C> | null> => Union(codec, Null)

/** A value, or undefined: the key is missing where it is encoded. */
export const UndefinedOr = <C extends AnyCodec>(codec: C): Codec<TypeOf<C> | undefined, EncodedOf<C> | undefined> =>
  Union(codec, Undefined)

/** A value, null or undefined. */
export const NullishOr = <C extends AnyCodec>(
  codec: C,
): Codec<TypeOf<C> | null | undefined, EncodedOf<C> | null | undefined> => Union(codec, Null, Undefined)

/** A codec that is made when it is first used, so that it can be a part of itself. */
export const suspend = <C extends AnyCodec>(make: () => C): Codec<TypeOf<C>, EncodedOf<C>> => {
  let made: AnyCodec | undefined
  const codec = (): AnyCodec => (made ??= make())
  return makeCodec({
    decode: (value, at) => codec().decode(value, at),
    encode: (value, at) => codec().encode(value, at),
    json: ({ names, schemas }) => {
      let name = names.get(codec())
      if (name === undefined) {
        name = codec().notes.identifier ?? `Recursive${names.size + 1}`
        names.set(codec(), name)
        schemas[name] = codec().describe({ names, schemas })
      }
      return { $ref: `#/$defs/${name.replace(/~/g, '~0').replace(/\//g, '~1')}` }
    },
  })
}

/** Two codecs one behind the other: `to` decodes what `from` has decoded. */
export const compose = <C extends AnyCodec>(from: AnyCodec, to: AnyCodec): C =>
  makeCodec({
    decode: (value, at) => to.decode(from.decode(value, at), at),
    encode: (value, at) => from.encode(to.encode(value, at), at),
    json: (definitions) => from.describe(definitions),
    shape: { fields: from.shape.fields, element: to.shape.element, transforms: true },
  })

/** Two codecs one behind the other, with functions between them. */
export const transform = <A extends AnyCodec, B extends AnyCodec>(
  from: A,
  to: B,
  options: {
    readonly strict?: boolean
    readonly decode: (value: TypeOf<A>) => EncodedOf<B>
    readonly encode: (value: EncodedOf<B>) => TypeOf<A>
  },
): Codec<TypeOf<B>, EncodedOf<A>> =>
  compose(
    makeCodec<AnyCodec>({
      decode: (value, at) => options.decode(from.decode(value, at)),
      encode: (value, at) => from.encode(options.encode(value), at),
      json: (definitions) => from.describe(definitions),
      shape: from.shape,
    }),
    to,
  )

const JsonText = makeCodec<AnyCodec>({
  decode: (value, at) => {
    try {
      return JSON.parse(value as string) as unknown
    } catch {
      return misfit(at, 'JSON text', value)
    }
  },
  encode: (value) => JSON.stringify(value ?? null),
  json: () => ({ type: 'string' }),
})

/** JSON text, and what is in it. */
export const parseJson = <C extends AnyCodec>(codec: C): Codec<TypeOf<C>, string> => compose(JsonText, codec)

/** Restrict a codec's decoded values; `json` says so in JSON Schema where that is possible. */
export const restrict = <C extends AnyCodec>(
  codec: C,
  fits: (value: TypeOf<C>) => boolean,
  expected: string,
  json: JsonSchema = {},
): C => {
  const check = (value: TypeOf<C>, at: string): TypeOf<C> => (fits(value) ? value : misfit(at, expected, value))
  return derive(codec, {
    decode: (value, at = '$') => check(codec.decode(value, at), at),
    encode: (value, at = '$') => codec.encode(check(value, at), at),
    json: (definitions) => ({ ...codec.describe(definitions), ...(!codec.shape.transforms && json) }),
  })
}
