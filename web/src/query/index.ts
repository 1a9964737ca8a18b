/** Queries: the builder that every table has, and SQL. */
export { bind, sql, type BindValue, type BindValues } from './bind.js'
export { isQueryBuilder } from './builder.js'
export { quote, resolveParams, rowObjects, type CompiledQuery, type QueryParam } from './compiled.js'
export { asCompiled, type ResultOf } from './raw.js'
export type {
  ChangeQuery,
  ColumnName,
  Columns,
  ColumnValue,
  CountQuery,
  Direction,
  InsertQuery,
  InsertRow,
  PagedQuery,
  QueryBuilder,
  RowOf,
  SelectQuery,
  TableQuery,
  UpdateRow,
  WhereOperator,
  WhereParams,
} from './types.js'
