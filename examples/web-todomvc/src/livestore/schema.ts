/** The tables, and what events do to them. `../../schema.json` says the same to programs that are not in JavaScript. */
import { makeSchema, Schema, SessionIdSymbol, State } from 'livestore'
import * as events from './events.js'

export const tables = {
  todos: State.SQLite.table({
    name: 'todos',
    columns: {
      id: State.SQLite.text({ primaryKey: true }),
      text: State.SQLite.text(),
      completed: State.SQLite.boolean({ default: false }),
      createdAt: State.SQLite.integer(),
    },
  }),
  /** One for each window, and never sent anywhere. */
  view: State.SQLite.clientDocument({
    name: 'view',
    schema: Schema.Struct({ filter: Schema.Literal('all', 'active', 'completed') }),
    default: { id: SessionIdSymbol, value: { filter: 'all' } },
  }),
}

export interface Todo {
  readonly id: string
  readonly text: string
  readonly completed: boolean
  readonly createdAt: number
}
export type Filter = 'all' | 'active' | 'completed'

const materializers = State.SQLite.materializers(events, {
  'v1.TodoCreated': ({ id, text, createdAt }) => tables.todos.insert({ id, text, createdAt }),
  'v1.TodoRenamed': ({ id, text }) => tables.todos.update({ text }).where({ id }),
  'v1.TodoCompleted': ({ id }) => tables.todos.update({ completed: true }).where({ id }),
  'v1.TodoReopened': ({ id }) => tables.todos.update({ completed: false }).where({ id }),
  'v1.TodoDeleted': ({ id }) => tables.todos.delete().where({ id }),
})

export const schema = makeSchema({ events: { ...events }, state: State.SQLite.makeState({ tables, materializers }) })
