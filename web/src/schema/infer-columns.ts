/** The columns that follow from a schema: its encoded form decides. */
import { derive, type AnyCodec, type JsonSchema } from './codec.js'
import { ColumnNotes } from './column-notes.js'
import { BooleanFromNumber, makeColumn, type AnyColumn, type ColumnType } from './columns.js'
import { toCodec } from './convert.js'
import { Uint8ArrayFromSelf } from './scalars.js'
import type { AnySchema } from './types.js'
import { compose, parseJson, UndefinedOr } from './unions.js'

/** The type of JSON that a JSON Schema describes, as far as columns tell types apart. */
const jsonType = (schema: JsonSchema): unknown => {
  const values = schema.enum as readonly unknown[] | undefined
  if (!values) return schema.type
  const [type, ...others] = new Set(values.map((value) => typeof value))
  if (others.length > 0) return undefined
  return type === 'number' && values.length > 1 && values.every(Number.isInteger) ? 'integer' : type
}

const COLUMN_TYPES: Readonly<Record<string, ColumnType>> = {
  string: 'text',
  integer: 'integer',
  number: 'real',
  boolean: 'integer',
}

const plainColumn = (core: AnyCodec): { readonly type: ColumnType; readonly codec: AnyCodec } => {
  if (core.shape.bytes) return { type: 'blob', codec: Uint8ArrayFromSelf }
  const found = jsonType(core.jsonSchema)
  const type = COLUMN_TYPES[found as string]
  if (!type) return { type: 'text', codec: parseJson(core) }
  return { type, codec: found === 'boolean' ? compose(BooleanFromNumber, core) : core }
}

/** null in the table is undefined for the program, where its schema has no null. */
const undefinedForNull = (column: AnyColumn): AnyColumn => {
  const inner = UndefinedOr(column.schema)
  const schema = derive<AnyCodec>(inner, {
    decode: (value, at) => (value === null ? undefined : inner.decode(value, at)),
    encode: (value, at) => inner.encode(value, at) ?? null,
  })
  return { ...column, schema }
}

const acceptsNull = (codec: AnyCodec): boolean => {
  try {
    codec.encode(null)
    return true
  } catch {
    return false
  }
}

/** The column of a schema, or of one key of a struct. */
export const getColumnDefForSchema = (schema: AnySchema): AnyColumn => {
  const codec = toCodec(schema)
  const core = codec.shape.core ?? codec
  const nullable = core !== codec || codec.shape.optional === true
  const { type, codec: columnCodec } = plainColumn(core)
  const note = (name: keyof typeof ColumnNotes): any => codec.notes[ColumnNotes[name]] ?? core.notes[ColumnNotes[name]]
  const declared: ColumnType = note('columnType') ?? type
  const column = makeColumn(declared, declared === 'text' && type !== 'text' ? parseJson(core) : columnCodec, {
    nullable,
    primaryKey: note('primaryKey'),
    autoIncrement: note('autoIncrement'),
    default: note('default'),
  })
  return nullable && !acceptsNull(codec) ? undefinedForNull(column) : column
}

/** Is a key to be unique? */
export const isUnique = (codec: AnyCodec): boolean => codec.notes[ColumnNotes.unique] === true
