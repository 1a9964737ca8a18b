import assert from 'node:assert/strict'
import { after } from 'node:test'
import { CoreError, loadCore, type Core, type CoreMaterializer, type CoreStore, type OpenOptions } from '../../src/core/index.js'

const TODO_ARGS = {
  type: 'object',
  required: ['id', 'text'],
  properties: { id: { type: 'string' }, text: { type: 'string' } },
}

/** A schema of todos, whose event "v1.Made" is materialized by a function when there is one. */
export const document = (functionVersion?: number): string =>
  JSON.stringify({
    livestore: 1,
    tables: [
      'CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0)',
      'CREATE TABLE things (id INTEGER PRIMARY KEY, value ANY) STRICT',
    ],
    events: {
      'v1.Added': { args: TODO_ARGS, sql: 'INSERT INTO todos (id, text) VALUES (:id, :text)' },
      'v1.Done': {
        args: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
        sql: 'UPDATE todos SET done = 1 WHERE id = :id',
      },
      'v1.Made': { args: TODO_ARGS, ...(functionVersion === undefined ? {} : { function: functionVersion }) },
    },
    documents: {
      Ui: { value: { type: 'object', properties: { filter: { type: 'string' } } }, default: { filter: 'all' } },
    },
  })

export const event = (name: string, args: unknown): string => JSON.stringify([{ name, args }])
export const added = (id: string, text = `todo ${id}`): string => event('v1.Added', { id, text })

/** A core of its own, and stores in it that are closed when the tests of the file are over. */
export async function openCore(): Promise<{ core: Core; open: (options?: Partial<OpenOptions>) => CoreStore }> {
  const core = await loadCore()
  const stores: CoreStore[] = []
  after(() => stores.forEach((store) => store.close()))
  return {
    core,
    open(options = {}) {
      const store = core.open({ schema: document(), storeId: 'todos', ...options })
      stores.push(store)
      return store
    },
  }
}

export const made = (run: CoreMaterializer['run'], version = 1): Partial<OpenOptions> => ({
  schema: document(version),
  materializers: { 'v1.Made': { version, run } },
})

/** For assert.throws: a CoreError of this code, text and place. */
export const fails = (code: string, message = /./, item?: number) => (error: unknown): boolean => {
  assert.ok(error instanceof CoreError)
  assert.equal(error.code, code)
  assert.match(error.message, message)
  if (item !== undefined) assert.equal(error.item, item)
  return true
}
