/** A schema for tests of what lies below the store's own face: data, as docs/schema.md has it. */
import type { LiveStoreSchema } from '../../../web/src/schema/index.js'

const document = JSON.stringify({
  livestore: 1,
  tables: ['CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT'],
  events: {
    'v1.TodoCreated': {
      args: {
        type: 'object',
        properties: { id: { type: 'string' }, text: { type: 'string' } },
        required: ['id', 'text'],
      },
      sql: ['INSERT INTO todos (id, text) VALUES (:id, :text)'],
    },
  },
})

export const schema = { document, materializers: {} } as unknown as LiveStoreSchema
