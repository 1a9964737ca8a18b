/** A codec says what a piece of data looks like in two forms: decoded, as a program uses it, and encoded, as it is
 * kept (JSON in an event, a value of SQLite in a column). This file has the frame; the constructors are in the files
 * beside. */

/** A JSON Schema with the keywords that a schema document may use. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** What recursive codecs put below `$defs` while a JSON Schema is made. */
export interface Definitions {
  readonly names: Map<unknown, string>
  readonly schemas: Record<string, JsonSchema>
}

/** Notes on a codec. Those of columns have symbols, so that Effect's schemas can carry them too. */
export interface Annotations {
  readonly title?: string
  readonly identifier?: string
  readonly description?: string
  readonly [key: symbol]: unknown
}

/** What the package knows of a codec beside its two functions. */
export interface CodecShape {
  /** Of an object: the codec of each key. */
  readonly fields?: Readonly<Record<string, AnyCodec>> | undefined
  /** Of a list: the codec of its elements. */
  readonly element?: AnyCodec | undefined
  /** Of a value or null or undefined: the codec of the value. */
  readonly core?: AnyCodec | undefined
  /** undefined is one of its values, so a key with it may be missing. */
  readonly absent?: boolean
  /** Decoded and encoded differ, so rules of the decoded form say nothing about the encoded one. */
  readonly transforms?: boolean
  /** Its values are Uint8Arrays. */
  readonly bytes?: boolean
  /** A key of an object that may be missing. */
  readonly optional?: boolean
  /** … and what is there then. */
  readonly fallback?: (() => unknown) | undefined
}

/** Checks data, and changes it between its decoded form `Type` and its encoded form `Encoded`. */
export interface Codec<Type = any, Encoded = Type> {
  /** The decoded type; nothing is there at run time. */
  readonly Type: Type
  /** The encoded type; nothing is there at run time. */
  readonly Encoded: Encoded
  /** The decoded form of what came from outside; throws a SchemaError that tells the place. */
  decode(value: unknown, at?: string): Type
  /** The encoded form of a value, which is checked; throws a SchemaError that tells the place. */
  encode(value: Type, at?: string): Encoded
  /** JSON Schema of the encoded form. */
  readonly jsonSchema: JsonSchema
  /** As jsonSchema, as a part of a larger one. */
  describe(definitions: Definitions): JsonSchema
  readonly shape: CodecShape
  readonly notes: Annotations
  /** The same codec with more notes. */
  annotations(notes: Annotations): this
  pipe<A>(a: (self: this) => A): A
  pipe<A, B>(a: (self: this) => A, b: (value: A) => B): B
  pipe<A, B, C>(a: (self: this) => A, b: (value: A) => B, c: (value: B) => C): C
  pipe<A, B, C, D>(a: (self: this) => A, b: (value: A) => B, c: (value: B) => C, d: (value: C) => D): D
  pipe<A, B, C, D, E>(
    a: (self: this) => A,
    b: (value: A) => B,
    c: (value: B) => C,
    d: (value: C) => D,
    e: (value: D) => E,
  ): E
}

/** Any codec. */
export type AnyCodec = Codec<any, any>

/** Data that does not fit its schema. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  /** Where: $.todos[2].text */
  readonly at: string
  constructor(at: string, problem: string) {
    super(`${at}: ${problem}`)
    this.at = at
  }
}

/** The note that a key should not be used any more. */
export const Deprecated: unique symbol = Symbol.for('livestore/deprecated')

/** An object with keys: no null, no array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'function') return 'a function'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  return isObject(value) ? 'an object' : String(value)
}

/** Throw that `expected` was wanted at a place. */
export const misfit = (at: string, expected: string, value: unknown): never => {
  throw new SchemaError(
    at,
    value === undefined ? `is missing, expected ${expected}` : `expected ${expected}, got ${shown(value)}`,
  )
}

const prototype = {
  shape: {},
  notes: {},
  describe(this: AnyCodec & { json: Parts['json'] }, definitions: Definitions): JsonSchema {
    const reason = this.notes[Deprecated]
    const schema = this.json(definitions)
    return reason === undefined ? schema : { ...schema, deprecated: reason }
  },
  get jsonSchema(): JsonSchema {
    const definitions: Definitions = { names: new Map(), schemas: {} }
    const schema = (this as unknown as AnyCodec).describe(definitions)
    return definitions.names.size === 0 ? schema : { ...schema, $defs: definitions.schemas }
  },
  annotations(this: AnyCodec, notes: Annotations): AnyCodec {
    return derive(this, { notes: { ...this.notes, ...notes } })
  },
  pipe(this: AnyCodec, ...steps: ((value: unknown) => unknown)[]): unknown {
    return steps.reduce<unknown>((value, step) => step(value), this)
  },
}

interface Parts {
  decode(value: unknown, at: string): unknown
  encode(value: any, at: string): unknown
  json(definitions: Definitions): JsonSchema
  readonly shape?: CodecShape
  readonly notes?: Annotations
}

/** A codec of its parts; `at` is given in each call. Bundlers leave out a codec that nobody uses. */
// @__NO_SIDE_EFFECTS__
export const makeCodec = <C extends AnyCodec>(parts: Parts, more?: object): C => {
  const { decode, encode } = parts
  return Object.assign(Object.create(prototype), parts, more, {
    decode: (value: unknown, at = '$') => decode(value, at),
    encode: (value: unknown, at = '$') => encode(value, at),
  })
}

/** The same codec but for some of its parts. */
export const derive = <C extends AnyCodec>(
  codec: AnyCodec, changes: Partial<Pick<AnyCodec, 'decode' | 'encode' | 'shape' | 'notes'> & Pick<Parts, 'json'>>,
): C => Object.assign(Object.create(prototype), codec, changes)

/** A codec whose two forms are the same: `check` throws what does not fit. */
// @__NO_SIDE_EFFECTS__
export const makePlain = <Type, Encoded = Type>(
  expected: string,
  fits: (value: unknown) => boolean,
  json: JsonSchema,
  shape: CodecShape = {},
): Codec<Type, Encoded> => {
  const check = (value: unknown, at: string): unknown => (fits(value) ? value : misfit(at, expected, value))
  return makeCodec({ decode: check, encode: check, json: () => json, shape })
}

/** Is it a codec of this package? */
export const isCodec = (value: unknown): value is AnyCodec => prototype.isPrototypeOf(Object(value) as object)
