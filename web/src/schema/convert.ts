/** Codecs of other libraries' schemas: those that follow Standard Schema, and Effect's, once `livestore/effect` is
 * there. */
import { isCodec, makeCodec, SchemaError, type AnyCodec } from './codec.js'
import type { AnySchema, CodecOf, EffectSchema, StandardSchema } from './types.js'

interface Outcome {
  readonly value?: unknown
  readonly issues?: readonly { readonly message: string; readonly path?: readonly unknown[] }[]
}

const validate = (schema: StandardSchema, value: unknown, at: string): unknown => {
  const outcome = schema['~standard'].validate(value) as Outcome | Promise<Outcome>
  if (outcome instanceof Promise)
    throw new SchemaError(at, 'its schema is async; use one that is not')
  const [issue] = outcome.issues ?? []
  if (!issue) return outcome.value
  const path = (issue.path ?? []).map((key) => `.${String((key as { key?: unknown })?.key ?? key)}`).join('')
  throw new SchemaError(at + path, issue.message)
}

/** What it validates is taken as it comes out, decoded and encoded alike: it has to be JSON. */
const fromStandard = (schema: StandardSchema): AnyCodec => {
  const check = (value: unknown, at: string): unknown => validate(schema, value, at)
  return makeCodec({ decode: check, encode: check, json: () => ({}) })
}

let fromEffect = (_schema: EffectSchema): AnyCodec => {
  throw new TypeError("a schema of Effect: import 'livestore/effect' first, or use Schema of 'livestore'")
}

/** Tell how schemas of Effect are read: pages that have none do not download it. */
export const setFromEffect = (read: typeof fromEffect): void => {
  fromEffect = read
}

/** The codec of any schema: one of this package's own, a Standard Schema, or Effect's (3.x). */
export const toCodec = <S extends AnySchema>(schema: S): CodecOf<S> => {
  if (isCodec(schema)) return schema as CodecOf<S>
  if ('ast' in schema) return fromEffect(schema) as CodecOf<S>
  if ('~standard' in schema) return fromStandard(schema) as CodecOf<S>
  throw new TypeError('expected a schema: of Schema, Effect or Standard Schema')
}
