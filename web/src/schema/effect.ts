/** Effect's Schema (3.x) as codecs, read from its syntax tree. Nothing of Effect is loaded by this package: what a
 * schema itself carries (predicates, the two functions of a transformation) is called as it is. Asynchronous and
 * context-dependent schemas are refused when they are used. */
import { makeCodec, misfit, SchemaError, type AnyCodec, type Annotations, type JsonSchema } from './codec.js'
import { makeList } from './lists.js'
import { Any, BooleanCodec, Enums, Literal, NumberCodec, StringCodec, Undefined, Void, Null } from './scalars.js'
import type { Convert, EffectAst, Notes, PropertyStep } from './effect-ast.js'
import { makeObject, optional } from './struct.js'
import type { EffectSchema } from './types.js'
import { restrict, suspend, Union } from './unions.js'

const note = (ast: { readonly annotations: Notes }, name: string): any =>
  ast.annotations[Symbol.for(`effect/annotation/${name}`)]

const notesOf = (notes: Notes): Annotations => {
  const kept: Record<PropertyKey, unknown> = {}
  for (const symbol of Object.getOwnPropertySymbols(notes)) kept[symbol] = notes[symbol]
  const title = note({ annotations: notes }, 'Title')
  const identifier = note({ annotations: notes }, 'Identifier')
  return { ...kept, ...(title && { title }), ...(identifier && { identifier }) }
}

const run = (ast: EffectAst, convert: Convert, value: unknown, at: string): unknown => {
  const outcome = convert(value, {}, ast, value)
  if (outcome._tag === 'Right') return outcome.right
  if (outcome._tag !== 'Left')
    throw new SchemaError(at, 'its schema needs an effect to run; one that answers at once is needed')
  return misfit(at, note(ast, 'Identifier') ?? note(ast, 'Title') ?? 'a value that its schema accepts', value)
}

/** Rules of JSON Schema that a schema document may have. */
const RULES = [
  'type',
  'minLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
]

const rulesOf = (ast: EffectAst): JsonSchema =>
  Object.fromEntries(Object.entries(note(ast, 'JSONSchema') ?? {}).filter(([key]) => RULES.includes(key)))

const refinement = (ast: EffectAst): AnyCodec => {
  const expected = String(note(ast, 'Description') ?? note(ast, 'Title') ?? 'a value that passes its filter')
  return restrict(convert(ast.from), (value) => ast.filter(value, {}, ast)._tag === 'None', expected, rulesOf(ast))
}

const isBytes = (ast: EffectAst): boolean => String(note(ast, 'Identifier')).startsWith('Uint8Array')

/** A class of values with checks of its own: Dates, bytes, instances. */
const declaration = (ast: EffectAst): AnyCodec => {
  return makeCodec({
    decode: (value, at) => run(ast, ast.decodeUnknown(...ast.typeParameters), value, at),
    encode: (value, at) => run(ast, ast.encodeUnknown(...ast.typeParameters), value, at),
    json: () => ({}),
    shape: { bytes: isBytes(ast) },
  })
}

const moveKeys =
  (steps: readonly PropertyStep[], way: 'decode' | 'encode') =>
  (value: unknown): unknown => {
    const moved = { ...(value as Record<PropertyKey, unknown>) }
    const [source, target] = way === 'decode' ? (['from', 'to'] as const) : (['to', 'from'] as const)
    for (const step of steps) {
      const key = step[source]
      const found = step[way](key in moved ? { _tag: 'Some', value: moved[key] } : { _tag: 'None' })
      delete moved[key]
      if (found._tag === 'Some') moved[step[target]] = found.value
    }
    return moved
  }

const transformation = (ast: EffectAst): AnyCodec => {
  const from = convert(ast.from)
  const to = convert(ast.to)
  const { _tag: kind, propertySignatureTransformations: steps } = ast.transformation
  const between =
    (way: 'decode' | 'encode') =>
    (value: unknown, at: string): unknown =>
      kind === 'FinalTransformation'
        ? run(ast, ast.transformation[way], value, at)
        : kind === 'TypeLiteralTransformation'
          ? moveKeys(steps, way)(value)
          : value
  const decode = between('decode')
  const encode = between('encode')
  return makeCodec({
    decode: (value, at) => to.decode(decode(from.decode(value, at), at), at),
    encode: (value, at) => from.encode(encode(to.encode(value, at), at), at),
    json: (definitions) => from.describe(definitions),
    shape: {
      transforms: true,
      bytes: isBytes(ast),
      ...(from.shape.fields && { fields: from.shape.fields }),
      ...(to.shape.element && { element: to.shape.element }),
    },
  })
}

const object = (ast: EffectAst): AnyCodec => {
  const fields = ast.propertySignatures.map(({ name, type, isOptional, annotations }) => {
    const codec = convert(type).annotations(notesOf(annotations))
    return [name, isOptional ? optional(codec) : codec] as const
  })
  const [index] = ast.indexSignatures
  return makeObject(Object.fromEntries(fields), index && { key: convert(index.parameter), value: convert(index.type) })
}

const list = (ast: EffectAst): AnyCodec =>
  makeList(
    ast.elements.map(({ type, isOptional }) => (isOptional ? optional(convert(type)) : convert(type))),
    ast.rest[0] && convert(ast.rest[0].type),
  )

const KINDS: Readonly<Record<string, (ast: EffectAst) => AnyCodec>> = {
  StringKeyword: () => StringCodec,
  TemplateLiteral: () => StringCodec,
  NumberKeyword: () => NumberCodec,
  BooleanKeyword: () => BooleanCodec,
  UndefinedKeyword: () => Undefined,
  VoidKeyword: () => Void,
  Literal: (ast) => (ast.literal === null ? Null : Literal(ast.literal)),
  Enums: (ast) => Enums(Object.fromEntries(ast.enums)),
  Refinement: refinement,
  Declaration: declaration,
  Transformation: transformation,
  TypeLiteral: object,
  TupleType: list,
  Union: (ast) => Union(...ast.types.map(convert)),
  Suspend: (ast) => suspend(() => convert(ast.f())),
}

const known = new WeakMap<EffectAst, AnyCodec>()

const convert = (ast: EffectAst): AnyCodec => {
  const found = known.get(ast)
  if (found) return found
  // unknown, any, object, bigint, symbol: there is nothing to check, or a transformation around it does.
  const make = KINDS[ast._tag] ?? (ast._tag.endsWith('Keyword') && ast._tag !== 'NeverKeyword' ? () => Any : undefined)
  if (!make)
    throw new TypeError(`Effect's schema ${note(ast, 'Identifier') ?? String(ast)} has no encoded form that is JSON`)
  const plain = make(ast)
  const codec = plain === Null || plain === Undefined ? plain : plain.annotations(notesOf(ast.annotations))
  known.set(ast, codec)
  return codec
}

/** The codec of a schema of Effect. */
export const fromEffect = (schema: EffectSchema): AnyCodec => convert(schema.ast as EffectAst)
