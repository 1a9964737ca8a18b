/** The query builder, as its types tell: what may follow what, and what comes out. */
import type { AnyColumn } from '../schema/columns.js'
import type { Simplify } from '../schema/types.js'
import type { CompiledQuery, QueryParam } from './compiled.js'

/** The columns of a table. */
export type Columns = Readonly<Record<string, AnyColumn>>

/** The name of a column. */
export type ColumnName<C extends Columns> = keyof C & string

/** What a column holds for a program. */
export type ColumnValue<C extends Columns, K extends keyof C> = C[K]['schema']['Type']

/** A row. */
export type RowOf<C extends Columns> = { readonly [K in keyof C]: ColumnValue<C, K> }

type OmittableName<C extends Columns> = { [K in keyof C]: true extends C[K]['Omittable'] ? K : never }[keyof C]

/** What an insert takes: nullable columns and those with a default may be left out. */
export type InsertRow<C extends Columns> = Simplify<
  { readonly [K in Exclude<keyof C, OmittableName<C>>]: ColumnValue<C, K> } & {
    readonly [K in OmittableName<C>]?: ColumnValue<C, K> | undefined
  }
>

/** What an update takes. */
export type UpdateRow<C extends Columns> = { readonly [K in keyof C]?: ColumnValue<C, K> | undefined }

type Equality = '=' | '!='
type Order = '<' | '>' | '<=' | '>='
type Like = 'LIKE' | 'NOT LIKE' | 'ILIKE' | 'NOT ILIKE'
type Among = 'IN' | 'NOT IN'
type Contains = 'JSON_CONTAINS' | 'JSON_NOT_CONTAINS'

/** An operator of a condition. */
export type WhereOperator = Equality | Order | Like | Among | Contains

type IsAny<T> = 0 extends 1 & T ? true : false
type ElementOf<T> = NonNullable<T> extends readonly (infer E)[] ? E : never
type LikeOf<T> = IsAny<T> extends true ? Like : NonNullable<T> extends string ? Like : never
type ContainsOf<T> = IsAny<T> extends true ? Contains : NonNullable<T> extends readonly unknown[] ? Contains : never

type Operand<T, Op> = Op extends Equality
  ? T
  : Op extends Order
    ? NonNullable<T>
    : Op extends Like
      ? string
      : Op extends Among
        ? readonly T[]
        : Op extends Contains
          ? IsAny<T> extends true
            ? unknown
            : ElementOf<T>
          : never

type OperatorOf<T> = Equality | Order | Among | LikeOf<T> | ContainsOf<T>
type Condition<T> = { [Op in OperatorOf<T>]: { readonly op: Op; readonly value: Operand<T, Op> } }[OperatorOf<T>]

/** Conditions by columns. Those that are undefined are left out. */
export type WhereParams<C extends Columns> = {
  readonly [K in keyof C]?: ColumnValue<C, K> | Condition<ColumnValue<C, K>> | undefined
}

/** Add conditions; all of them have to hold. */
export interface Where<C extends Columns, Next> {
  /** Conditions by columns: where({ completed: true, text: { op: 'LIKE', value: 'A%' } }) */
  (conditions: WhereParams<C>): Next
  /** A column has a value; null means IS NULL. */
  <K extends ColumnName<C>>(column: K, value: ColumnValue<C, K>): Next
  /** A column compared with a value. */
  <K extends ColumnName<C>, Op extends OperatorOf<ColumnValue<C, K>>>(
    column: K,
    op: Op,
    value: Operand<ColumnValue<C, K>, Op>,
  ): Next
}

/** The direction of an order. */
export type Direction = 'asc' | 'desc'

/** Add an order. */
export interface OrderBy<C extends Columns, Next> {
  (column: ColumnName<C>, direction: Direction): Next
  (orders: readonly { readonly col: ColumnName<C>; readonly direction: Direction }[]): Next
}

/** The first row, and what is there when there is none. */
export interface First<Row> {
  /** The first row, or undefined. */
  (options?: { readonly behaviour: 'undefined' }): QueryBuilder<Row | undefined>
  /** The first row; none is an error. */
  (options: { readonly behaviour: 'error' }): QueryBuilder<Row>
  /** The first row, or what `fallback` gives. */
  <F>(options: { readonly behaviour: 'fallback'; readonly fallback: () => F }): QueryBuilder<Row | F>
}

/** What marks a query builder. */
export const QueryBuilderTypeId: unique symbol = Symbol.for('livestore/QueryBuilder')

/** A query. It never changes: each method gives another one. */
export interface QueryBuilder<Result = any> {
  readonly [QueryBuilderTypeId]: true
  /** Only a type: what the query results in. */
  readonly ResultType: Result
  /** SQL, parameters and how to decode: what a store runs. */
  asQuery(): CompiledQuery<Result>
  /** SQL and parameters. */
  asSql(): {
    readonly query: string
    readonly bindValues: readonly QueryParam[]
    readonly usedTables: ReadonlySet<string>
  }
  /** The SQL. */
  toString(): string
}

type HasColumns = { readonly columns: Columns }
type WhereOf<C extends Columns> = WhereParams<C>

/** Types that go with `QueryBuilder`. */
export declare namespace QueryBuilder {
  /** Any query. */
  type Any = QueryBuilder<any>
  /** Conditions on a table: QueryBuilder.WhereParams<typeof tables.todos> */
  type WhereParams<T extends HasColumns> = WhereOf<T['columns']>
  /** Orders of a table's rows. */
  type OrderByParams<T extends HasColumns> = readonly {
    readonly col: ColumnName<T['columns']>
    readonly direction: Direction
  }[]
  /** An operator of a condition. */
  type WhereOps = WhereOperator
}

/** Choose columns. */
export interface Select<C extends Columns> {
  /** One column: its plain values. */
  <K extends ColumnName<C>>(column: K): SelectQuery<ColumnValue<C, K>, C>
  /** Some columns: objects with those. */
  <K extends ColumnName<C>>(...columns: readonly K[]): SelectQuery<Simplify<Pick<RowOf<C>, K>>, C>
}

/** A query for rows, of which a part is taken. */
export interface PagedQuery<Row, C extends Columns> extends QueryBuilder<readonly Row[]> {
  readonly where: Where<C, PagedQuery<Row, C>>
  readonly orderBy: OrderBy<C, PagedQuery<Row, C>>
  /** At most so many rows. */
  limit(n: number): PagedQuery<Row, C>
  /** Without the first n rows. */
  offset(n: number): PagedQuery<Row, C>
}

/** A query for rows. */
export interface SelectQuery<Row, C extends Columns> extends QueryBuilder<readonly Row[]> {
  readonly select: Select<C>
  readonly where: Where<C, SelectQuery<Row, C>>
  readonly orderBy: OrderBy<C, SelectQuery<Row, C>>
  /** At most so many rows. */
  limit(n: number): PagedQuery<Row, C>
  /** Without the first n rows. */
  offset(n: number): PagedQuery<Row, C> & { readonly first: First<Row> }
  readonly first: First<Row>
  /** How many rows. */
  count(): CountQuery<C>
  /** Change the rows that the conditions name. */
  update(values: UpdateRow<C>): ChangeQuery<number, C>
  /** Delete the rows that the conditions name. */
  delete(): ChangeQuery<number, C>
}

/** A number of rows. */
export interface CountQuery<C extends Columns> extends QueryBuilder<number> {
  readonly where: Where<C, CountQuery<C>>
}

/** The rows that were written, with these columns. */
export type Returning<C extends Columns> = <K extends ColumnName<C>>(
  ...columns: readonly [K, ...K[]]
) => QueryBuilder<readonly Simplify<Pick<RowOf<C>, K>>[]>

/** An update or a delete. */
export interface ChangeQuery<Result, C extends Columns> extends QueryBuilder<Result> {
  readonly where: Where<C, ChangeQuery<Result, C>>
  readonly returning: Returning<C>
}

/** One column or several. */
export type Target<C extends Columns> = ColumnName<C> | readonly ColumnName<C>[]

/** An insert. */
export interface InsertQuery<C extends Columns> extends QueryBuilder<number> {
  /** What to do when a row of that key is there: leave it, or put the new one in its place. */
  onConflict(target: Target<C>, action: 'ignore' | 'replace'): InsertQuery<C>
  /** … or change these columns of it. undefined: take the value that was to be inserted. */
  onConflict(target: Target<C>, action: 'update', values: UpdateRow<C>): InsertQuery<C>
  readonly returning: Returning<C>
}

/** A table as a query: all of its rows. */
export interface TableQuery<C extends Columns> extends SelectQuery<RowOf<C>, C> {
  /** Add a row. */
  insert(values: InsertRow<C>): InsertQuery<C>
}
