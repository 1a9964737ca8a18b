/** Codecs of single values: text, numbers, dates, literals, bytes. */
import { makeCodec, makePlain, misfit, type Codec } from './codec.js'

const isString = (value: unknown): boolean => typeof value === 'string'
const anything = (): boolean => true

/** Text. */
export const StringCodec = makePlain<string>('a string', isString, { type: 'string' })

/** A number that is finite, as JSON has it. */
export const NumberCodec = makePlain<number>('a finite number', Number.isFinite, { type: 'number' })

/** An integer that a double can hold. */
export const Int = makePlain<number>('an integer', Number.isSafeInteger, { type: 'integer' })

/** true or false. */
export const BooleanCodec = makePlain<boolean>('a boolean', (value) => typeof value === 'boolean', { type: 'boolean' })

/** null. */
export const Null = makePlain<null>('null', (value) => value === null, { type: 'null' })

/** undefined: as the value of a key, a key that is not there. */
export const Undefined = makePlain<undefined>(
  'nothing',
  (value) => value === undefined,
  { type: 'null' },
  { absent: true },
)

/** Nothing: what events without arguments have. */
export const Void: Codec<void, void> = makeCodec({
  decode: () => undefined,
  encode: () => undefined,
  json: () => ({ type: 'null' }),
  shape: { absent: true },
})

/** Any JSON, to be looked at before it is used. */
export const Unknown = makePlain<unknown>('anything', anything, {}, { absent: true })

/** Any JSON. */
export const Any = makePlain<any>('anything', anything, {}, { absent: true })

/** Text that is not empty. */
export const NonEmptyString = makePlain<string>(
  'a string that is not empty',
  (value) => isString(value) && value !== '',
  { type: 'string', minLength: 1 },
)

/** A value that a literal codec may have. */
export type LiteralValue = string | number | boolean | null

/** One of the given values. */
export const Literal = <const L extends readonly LiteralValue[]>(
  ...values: L
): Codec<L[number]> & { readonly literals: L } => {
  const expected = values.map((value) => JSON.stringify(value)).join(' or ')
  return Object.assign(
    makePlain<L[number]>(expected, (value) => values.includes(value as LiteralValue), { enum: values }),
    { literals: values },
  )
}

/** The values of an object, or of a TypeScript enum. */
export const Enums = <const E extends Readonly<Record<string, string | number>>>(values: E): Codec<E[keyof E]> => {
  const names = Object.keys(values).filter((name) => typeof values[values[name] as string] !== 'number')
  return Literal(...names.map((name) => values[name] as string)) as unknown as Codec<E[keyof E]>
}

const validDate = (value: unknown, at: string): Date =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value : misfit(at, 'a valid Date', value)

const readDate = (value: unknown, at: string, expected: string): Date => {
  const date = new Date(value as string | number)
  return Number.isNaN(date.getTime()) ? misfit(at, expected, value) : date
}

/** A Date, encoded as ISO 8601 text in UTC. */
export const DateCodec: Codec<Date, string> = makeCodec({
  decode: (value, at) => readDate(StringCodec.decode(value, at), at, 'a date as ISO 8601 text'),
  encode: (value, at) => validDate(value, at).toISOString(),
  json: () => ({ type: 'string', format: 'date-time' }),
  shape: { transforms: true },
})

/** A Date, encoded as milliseconds since 1970. */
export const DateFromNumber: Codec<Date, number> = makeCodec({
  decode: (value, at) => readDate(NumberCodec.decode(value, at), at, 'milliseconds since 1970'),
  encode: (value, at) => validDate(value, at).getTime(),
  json: () => ({ type: 'integer' }),
  shape: { transforms: true },
})

const asBigint = (value: unknown, at: string): bigint =>
  typeof value === 'bigint' ? value : misfit(at, 'a bigint', value)

/** A bigint, encoded as text with its digits. */
export const BigIntCodec: Codec<bigint, string> = makeCodec({
  decode: (value, at) =>
    isString(value) && /^-?\d+$/.test(value as string)
      ? BigInt(value as string)
      : misfit(at, 'an integer as text', value),
  encode: (value, at) => asBigint(value, at).toString(),
  json: () => ({ type: 'string' }),
  shape: { transforms: true },
})

/** A number, encoded as text. */
export const NumberFromString: Codec<number, string> = makeCodec({
  decode: (value, at) =>
    isString(value) && (value as string).trim() !== ''
      ? NumberCodec.decode(Number(value), at)
      : misfit(at, 'a number as text', value),
  encode: (value, at) => String(NumberCodec.encode(value, at)),
  json: () => ({ type: 'string' }),
  shape: { transforms: true },
})

/** Text without blanks around it: they are taken off when it is decoded. */
export const Trim: Codec<string, string> = makeCodec({
  decode: (value, at) => StringCodec.decode(value, at).trim(),
  encode: (value, at) => StringCodec.encode(value, at).trim(),
  json: () => ({ type: 'string' }),
})

const isBytes = (value: unknown): boolean => value instanceof Uint8Array
const asBytes = (value: unknown, at: string): Uint8Array =>
  isBytes(value) ? (value as Uint8Array) : misfit(at, 'a Uint8Array', value)

/** Bytes as they are: for columns, since JSON has none. */
export const Uint8ArrayFromSelf = makePlain<Uint8Array>('a Uint8Array', isBytes, {}, { bytes: true })

const isByteList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)

/** Bytes, encoded as a list of numbers. */
export const Uint8ArrayCodec: Codec<Uint8Array, readonly number[]> = makeCodec({
  decode: (value, at) => (isByteList(value) ? Uint8Array.from(value) : misfit(at, 'a list of bytes', value)),
  encode: (value, at) => Array.from(asBytes(value, at)),
  json: () => ({ type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } }),
  shape: { bytes: true, transforms: true },
})
