/** Codecs of client documents, which decode everything: what does not fit is as if it had not been set. */
import type { Rows } from '../core/types.js'
import { derive, isObject, makeCodec, type AnyCodec } from './codec.js'
import { defined } from './struct.js'

type Plain = Record<string, unknown>

/** Defaults with explicit ones over them, key by key. */
export const mergeDefaults = <T>(defaults: T, explicit: unknown): T => {
  if (explicit === undefined) return defaults
  if (!isObject(defaults) || !isObject(explicit)) return explicit as T
  return { ...defaults, ...defined(explicit) }
}

const attempt = <T, F>(run: () => T, otherwise: F): T | F => {
  try {
    return run()
  } catch {
    return otherwise
  }
}

/** The keys of an object that fit, decoded. */
const fitting = (codec: AnyCodec, value: unknown): Plain => {
  const found: Plain = {}
  for (const [key, field] of Object.entries(codec.shape.fields ?? {})) {
    const part =
      isObject(value) && value[key] !== undefined
        ? attempt(() => field.decode(value[key]) as unknown, undefined)
        : undefined
    if (part !== undefined) found[key] = part
  }
  return found
}

/** A codec that decodes everything: what does not fit is as if it had not been set. */
export const lenient = (codec: AnyCodec, merges: boolean, fallback: unknown): AnyCodec => {
  const parts = (value: unknown): unknown =>
    codec.shape.fields && !codec.shape.transforms && isObject(fallback)
      ? { ...fallback, ...fitting(codec, value) }
      : fallback
  return derive(codec, {
    decode: (value) => (merges ? undefined : attempt(() => codec.decode(value) as unknown, undefined)) ?? parts(value),
  })
}

/** … and its JSON text. */
export const storedCodec = (value: AnyCodec): AnyCodec =>
  makeCodec({
    decode: (json) => value.decode(attempt(() => JSON.parse(json as string) as unknown, undefined)),
    encode: (decoded, at) => JSON.stringify(value.encode(decoded, at)),
    json: () => ({ type: 'string' }),
  })

/** The value in the row of an id. */
export const readRow = (stored: AnyCodec, rows: Rows, missing: unknown): unknown => {
  const row = rows.rows[0]
  return row ? stored.decode(row[rows.columns.indexOf('value')]) : missing
}
