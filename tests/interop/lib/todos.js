// The to-do list as LiveStore schema. todos.json beside this folder says the same to our command.
import { Events, makeSchema, Schema, State } from '@livestore/livestore'

const todos = State.SQLite.table({
  name: 'todos',
  columns: {
    id: State.SQLite.text({ primaryKey: true }),
    text: State.SQLite.text(),
    completed: State.SQLite.boolean({ default: false }),
  },
})

const marks = State.SQLite.table({
  name: 'marks',
  columns: { id: State.SQLite.text({ primaryKey: true }) },
})

const drafts = State.SQLite.table({
  name: 'drafts',
  columns: { id: State.SQLite.text({ primaryKey: true }), text: State.SQLite.text() },
})

const { String, Struct, Union, Null, Unknown, optional } = Schema

export const events = {
  todoCreated: Events.synced({ name: 'v1.TodoCreated', schema: Struct({ id: String, text: String }) }),
  todoUpdated: Events.synced({ name: 'v1.TodoUpdated', schema: Struct({ id: String, text: String }) }),
  todoCompleted: Events.synced({ name: 'v1.TodoCompleted', schema: Struct({ id: String }) }),
  todoDeleted: Events.synced({ name: 'v1.TodoDeleted', schema: Struct({ id: String }) }),
  // Arguments of every shape that JSON has.
  marked: Events.synced({
    name: 'v1.Marked',
    schema: Struct({ id: String, note: optional(Union(String, Null)), value: optional(Unknown) }),
  }),
  draftSet: Events.clientOnly({ name: 'v1.DraftSet', schema: Struct({ id: String, text: String }) }),
}

const materializers = State.SQLite.materializers(events, {
  'v1.TodoCreated': ({ id, text }) => todos.insert({ id, text }),
  'v1.TodoUpdated': ({ id, text }) => todos.update({ text }).where({ id }),
  'v1.TodoCompleted': ({ id }) => todos.update({ completed: true }).where({ id }),
  'v1.TodoDeleted': ({ id }) => todos.delete().where({ id }),
  'v1.Marked': ({ id }) => marks.insert({ id }).onConflict('id', 'ignore'),
  'v1.DraftSet': ({ id, text }) => drafts.insert({ id, text }).onConflict('id', 'replace'),
})

export const schema = makeSchema({
  events,
  state: State.SQLite.makeState({ tables: { todos, marks, drafts }, materializers }),
})

/** The constructor of the event of a name. */
export const eventNamed = (name) => Object.values(events).find((event) => event.name === name)
