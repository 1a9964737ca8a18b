/** Schemas: codecs, tables, client documents, events and materializers. */
export * as Schema from './api.js'
export * as State from './state.js'
export * as Events from './events-api.js'
export {
  makeSchema,
  type EventInput,
  type EventsOf,
  type LiveStoreSchema,
  type SchemaInput,
  type UnknownEventContext,
  type UnknownEventHandling,
} from './make-schema.js'
export {
  defineMaterializer,
  type Materializer,
  type MaterializerContext,
  type MaterializerResult,
} from './materializers.js'
export { defineEvent, isEncoded, type AnyEventDef, type EventDef, type EventInstance, type UndoRule } from './events.js'
export {
  tableIsClientDocumentTable,
  type AnyDocument,
  type ClientDocumentTableDef,
  type DocumentId,
  type SetValue,
} from './client-document.js'
export { mergeDefaults } from './document-codec.js'
export type { AnyTable, TableDef } from './table.js'
export type { AnyColumn, ColumnDef } from './columns.js'
export { toCodec } from './convert.js'
export { SchemaError, type AnyCodec, type Codec, type JsonSchema } from './codec.js'
export type { AnySchema, EncodedOf, StandardSchema, TypeOf } from './types.js'
export { SessionIdSymbol } from './session-id.js'
