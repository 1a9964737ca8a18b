/** Codecs of lists: arrays and tuples. */
import { makeCodec, misfit, type AnyCodec, type Codec, type Definitions, type JsonSchema } from './codec.js'
import type { EncodedOf, TypeOf } from './types.js'

const asArray = (value: unknown, at: string): readonly unknown[] =>
  Array.isArray(value) ? value : misfit(at, 'an array', value)

const convert =
  (way: 'decode' | 'encode', first: readonly AnyCodec[], rest: AnyCodec | undefined) =>
  (value: unknown, at: string): unknown[] => {
    const from = asArray(value, at)
    const least = first.filter((codec) => !codec.shape.optional).length
    if (from.length < least || (!rest && from.length > first.length)) {
      return misfit(`${at}.length`, `${rest ? 'at least ' : ''}${least}`, from.length)
    }
    return from.map((item, i) => ((first[i] ?? rest) as AnyCodec)[way](item, `${at}[${i}]`))
  }

const describe = (first: readonly AnyCodec[], rest: AnyCodec | undefined, definitions: Definitions): JsonSchema => ({
  type: 'array',
  ...(first.length > 0 && {
    prefixItems: first.map((codec) => codec.describe(definitions)),
    minItems: first.filter((codec) => !codec.shape.optional).length,
  }),
  ...(rest ? { items: rest.describe(definitions) } : { maxItems: first.length }),
})

/** A list that begins with given elements; `rest` says what the others are. */
export const makeList = <C extends AnyCodec>(first: readonly AnyCodec[], rest?: AnyCodec): C =>
  makeCodec({
    decode: convert('decode', first, rest),
    encode: convert('encode', first, rest),
    json: (definitions) => describe(first, rest, definitions),
    shape: { element: rest },
  })

/** A list of any length. */
export const ArrayCodec = <C extends AnyCodec>(element: C): Codec<readonly TypeOf<C>[], readonly EncodedOf<C>[]> =>
  makeList([], element)

/** A list with at least one element. */
export const NonEmptyArray = <C extends AnyCodec>(
  element: C,
): Codec<readonly [TypeOf<C>, ...TypeOf<C>[]], readonly [EncodedOf<C>, ...EncodedOf<C>[]]> =>
  makeList([element], element)

/** A list of fixed length. */
export const Tuple = <const E extends readonly AnyCodec[]>(
  ...elements: E
): Codec<{ readonly [K in keyof E]: TypeOf<E[K]> }, { readonly [K in keyof E]: EncodedOf<E[K]> }> => makeList(elements)

/** The first element of a list, or what `fallback` makes; an empty list is an error without it. */
export const headOrElse =
  <F = never>(fallback?: () => F) =>
  <T, E>(list: Codec<readonly T[], readonly E[]>): Codec<T | F, readonly E[]> =>
    makeCodec({
      decode: (value, at) => {
        const items = list.decode(value, at)
        return items.length > 0
          ? items[0]
          : fallback
            ? fallback()
            : misfit(`${at}[0]`, 'at least one element', undefined)
      },
      encode: (value, at) => list.encode([value], at),
      json: (definitions) => list.describe(definitions),
      shape: { transforms: true },
    })
