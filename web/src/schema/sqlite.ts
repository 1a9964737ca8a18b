/** What `State.SQLite` is. */
export { clientDocument, tableIsClientDocumentTable, type ClientDocumentTableDef } from './client-document.js'
export { withAutoIncrement, withColumnType, withDefault, withPrimaryKey, withUnique } from './column-notes.js'
export { blob, boolean, datetime, datetimeInteger, integer, json, real, text, type ColumnDef } from './columns.js'
export { makeColumnSpec, type Index } from './ddl.js'
export { getColumnDefForSchema } from './infer-columns.js'
export { makeState } from './make-state.js'
export { defineMaterializer, materializers, type Materializer } from './materializers.js'
export { table, type Row, type TableDef } from './table.js'
