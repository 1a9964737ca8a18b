/** A small app for the tests of components: its schema, and stores of it in memory. */

import {
  Events, Schema, SessionIdSymbol, State, createStorePromise, makeInMemoryAdapter, makeSchema,
} from '../../src/index.js'
import { withReactApi } from '../../src/react/index.js'

export const tables = {
  todos: State.SQLite.table({
    name: 'todos',
    columns: {
      id: State.SQLite.text({ primaryKey: true }),
      text: State.SQLite.text({ default: '' }),
      completed: State.SQLite.boolean({ default: false }),
    },
  }),
  ui: State.SQLite.clientDocument({
    name: 'Ui',
    schema: Schema.Struct({ filter: Schema.Literal('all', 'active', 'completed'), newText: Schema.String }),
    default: { id: SessionIdSymbol, value: { filter: 'all', newText: '' } },
  }),
  user: State.SQLite.clientDocument({
    name: 'User',
    schema: Schema.Struct({ username: Schema.String, text: Schema.String }),
    default: { value: { username: '', text: '' } },
  }),
  any: State.SQLite.clientDocument({
    name: 'Any',
    schema: Schema.Any,
    default: { value: null },
  }),
}

export const events = {
  todoCreated: Events.synced({
    name: 'v1.TodoCreated',
    schema: Schema.Struct({ id: Schema.String, text: Schema.String }),
  }),
  todoCompleted: Events.synced({ name: 'v1.TodoCompleted', schema: Schema.Struct({ id: Schema.String }) }),
  userSet: tables.user.set,
}

const materializers = State.SQLite.materializers(events, {
  'v1.TodoCreated': ({ id, text }) => tables.todos.insert({ id, text, completed: false }),
  'v1.TodoCompleted': ({ id }) => tables.todos.update({ completed: true }).where({ id }),
})

export const schema = makeSchema({ events, state: State.SQLite.makeState({ tables, materializers }) })

let stores = 0

/** Options of a new store in memory. */
export const options = () => ({ schema, storeId: `todos-${stores++}`, adapter: makeInMemoryAdapter() })

export const openStore = async () => withReactApi(await createStorePromise(options()))
