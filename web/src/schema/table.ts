/** Tables: a name, columns, indexes, and the query builder. */
import { withBuilder } from '../query/builder.js'
import type { Columns, RowOf, TableQuery } from '../query/types.js'
import { columnOf } from '../query/where.js'
import type { AnyCodec, Codec } from './codec.js'
import type { HasDefault } from './column-notes.js'
import type { AnyColumn, ColumnDef } from './columns.js'
import { toCodec } from './convert.js'
import type { Index } from './ddl.js'
import { getColumnDefForSchema, isUnique } from './infer-columns.js'
import { makeObject, mapValues } from './struct.js'
import type { AnySchema, EncodedOf, Simplify, TypeOf } from './types.js'

/** A table. It is a query for all of its rows, too. */
export interface TableDef<Name extends string = string, C extends Columns = Columns> extends TableQuery<C> {
  readonly name: Name
  readonly columns: C
  readonly indexes: readonly Index[]
  readonly options: { readonly isClientDocumentTable: boolean }
  /** Name, columns and indexes, where LiveStore has them. */
  readonly sqliteDef: { readonly name: Name; readonly columns: C; readonly indexes: readonly Index[] }
  /** Between a row as SQLite has it and a row as a program sees it. */
  readonly rowSchema: Codec<RowOf<C>, { readonly [K in keyof C]: C[K]['schema']['Encoded'] }>
  /** Only a type: a row. */
  readonly Type: RowOf<C>
  /** Only a type: a row as SQLite has it. */
  readonly Encoded: { readonly [K in keyof C]: C[K]['schema']['Encoded'] }
}

/** Types that go with `TableDef`. */
export declare namespace TableDef {
  /** Any table. */
  type Any = TableDef<any, any>
}

/** Any table. */
export type AnyTable = TableDef.Any

/** One column alone is named `value`. */
export type ToColumns<C> = C extends AnyColumn ? { readonly value: C } : C extends Columns ? C : never

type InferredOmittable<S, T> = S extends HasDefault ? true : null extends T ? true : undefined extends T ? true : false

/** undefined and a missing key are NULL in the table. */
type InferredColumn<S, T, E> = ColumnDef<T, E, InferredOmittable<S, T>>

type ColumnsOfTypes<T, E> = {
  readonly [K in keyof E]-?: InferredColumn<unknown, K extends keyof T ? T[K] : E[K], E[K]>
}

/** The columns that follow from a schema. */
export type ColumnsOfSchema<S> = S extends { readonly fields: infer F }
  ? { readonly [K in keyof F]: InferredColumn<F[K], TypeOf<F[K]>, EncodedOf<F[K]>> }
  : ColumnsOfTypes<TypeOf<S>, EncodedOf<S>>

const checkTable = (name: string, columns: Columns, indexes: readonly Index[]): void => {
  for (const [column, { autoIncrement, primaryKey, columnType }] of Object.entries(columns)) {
    if (autoIncrement && !(primaryKey && columnType === 'integer')) {
      throw new TypeError(
        `table "${name}": "${column}" has autoIncrement, so it has to be an integer and the primary key`,
      )
    }
  }
  for (const index of indexes) index.columns.forEach((column) => columnOf({ name, columns }, column))
}

/** A table of its parts. */
export const makeTable = <Name extends string, C extends Columns>(
  name: Name,
  columns: C,
  indexes: readonly Index[] = [],
  isClientDocumentTable = false,
): TableDef<Name, C> => {
  checkTable(name, columns, indexes)
  const rowSchema = makeObject(mapValues(columns, ({ schema }) => schema)).annotations({ title: name })
  return withBuilder({
    name,
    columns,
    indexes,
    rowSchema,
    options: { isClientDocumentTable },
    sqliteDef: { name, columns, indexes },
  }) as unknown as TableDef<Name, C>
}

/** The columns, and the unique indexes that notes ask for. */
const fromSchema = (schema: AnySchema, name: string | undefined, indexes: readonly Index[]): AnyTable => {
  const codec = toCodec(schema)
  const tableName = name ?? codec.notes.title ?? codec.notes.identifier
  if (tableName === undefined)
    throw new TypeError('a table needs `name`, or a schema with a title or identifier')
  const fields = codec.shape.fields
  if (!fields) throw new TypeError(`table "${tableName}": its schema has to be a Struct`)
  const columns = mapValues(fields, getColumnDefForSchema)
  const unique = Object.keys(fields).filter((key) => isUnique(fields[key] as AnyCodec))
  const more = unique.map(
    (column): Index => ({ name: `idx_${tableName}_${column}_unique`, columns: [column], isUnique: true }),
  )
  return makeTable(tableName, columns, [...indexes, ...more])
}

const isColumn = (value: object): value is AnyColumn => 'columnType' in value && typeof value.columnType === 'string'

/** A table of columns, or of a schema whose keys are the columns. Rows of a table without a primary key are told apart
 * by a number that SQLite gives them, and that the query builder leaves out: the column `rowid` in SQL. */
export const table: {
  <const Name extends string, const C extends Columns | AnyColumn>(options: {
    readonly name: Name
    readonly columns: C
    readonly indexes?: readonly Index<keyof ToColumns<C> & string>[]
  }): TableDef<Name, ToColumns<C>>
  <const Name extends string, S extends AnySchema>(options: {
    readonly name: Name
    readonly schema: S
    readonly indexes?: readonly Index<keyof ColumnsOfSchema<S> & string>[]
  }): TableDef<Name, ColumnsOfSchema<S>>
  <S extends AnySchema>(options: {
    readonly schema: S
    readonly indexes?: readonly Index<keyof ColumnsOfSchema<S> & string>[]
  }): TableDef<string, ColumnsOfSchema<S>>
} = (options: {
  readonly name?: string
  readonly columns?: Columns | AnyColumn
  readonly schema?: AnySchema
  readonly indexes?: readonly Index[]
}): any => {
  const { name, columns, schema, indexes = [] } = options
  if (schema) return fromSchema(schema, name, indexes)
  if (!columns || name === undefined) throw new TypeError('a table needs `name` and `columns`, or `schema`')
  return makeTable(name, isColumn(columns) ? { value: columns } : columns, indexes)
}

/** A row of a table: Row<typeof tables.todos> */
export type Row<T extends { readonly Type: unknown }> = Simplify<T['Type']>
