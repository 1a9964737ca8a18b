/** Notes by which a schema says how its column is declared. They work on this package's codecs and on Effect's
 * schemas. */
import type { ColumnType } from './columns.js'

const id = (name: string): symbol => Symbol.for(`livestore/state/sqlite/annotations/${name}`)

/** The symbols of the notes. */
export const ColumnNotes = {
  primaryKey: id('primary-key'),
  columnType: id('column-type'),
  autoIncrement: id('auto-increment'),
  unique: id('unique'),
  default: id('default'),
} as const

type Annotated = { annotations(notes: any): unknown }

const annotate = <S extends Annotated>(schema: S, name: keyof typeof ColumnNotes, value: unknown): S =>
  schema.annotations({ [ColumnNotes[name]]: value }) as S

/** Only a type: an insert may leave the column out. */
export interface HasDefault {
  readonly hasDefault: true
}

/** The column is the primary key, or a part of it. */
export const withPrimaryKey = <S extends Annotated>(schema: S): S => annotate(schema, 'primaryKey', true)

/** SQLite numbers the rows that are inserted without a value. */
export const withAutoIncrement = <S extends Annotated>(schema: S): S & HasDefault =>
  annotate(schema, 'autoIncrement', true) as S & HasDefault

/** No two rows have the same value: a unique index. */
export const withUnique = <S extends Annotated>(schema: S): S => annotate(schema, 'unique', true)

/** What the column holds when an insert leaves it out; a function is called for each insert. */
export const withDefault: {
  <S extends Annotated>(schema: S, value: unknown): S & HasDefault
  (value: unknown): <S extends Annotated>(schema: S) => S & HasDefault
} = (...args: [unknown, unknown?]): any =>
  args.length === 2
    ? annotate(args[0] as Annotated, 'default', args[1])
    : (schema: Annotated) => annotate(schema, 'default', args[0])

/** The column's type in SQLite, where another than the one that follows from the schema is wanted. */
export const withColumnType: {
  <S extends Annotated>(schema: S, type: ColumnType): S
  (type: ColumnType): <S extends Annotated>(schema: S) => S
} = (...args: [unknown, unknown?]): any =>
  args.length === 2
    ? annotate(args[0] as Annotated, 'columnType', args[1])
    : (schema: Annotated) => annotate(schema, 'columnType', args[0])
