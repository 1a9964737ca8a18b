/** The schemas of the tabs' tests, by name. */
import type { LiveStoreSchema } from '../../../web/src/schema/index.js'
import { Events, makeSchema, Schema, State } from '../../../web/src/schema/index.js'
import { schema as plain } from './todo-schema.js'

const { SQLite } = State
const onPage = typeof document === 'object'

/** How often a materializer of this thread was called. */
export const calls = { count: 0 }

const todos = SQLite.table({
  name: 'todos',
  columns: { id: SQLite.text({ primaryKey: true }), text: SQLite.text() },
})
const created = Events.synced({
  name: 'v1.TodoCreated',
  schema: Schema.Struct({ id: Schema.String, text: Schema.String }),
})

/** One function in two words, as bundlers make of one: the page's and the worker's. */
const create = onPage
  ? (todo: { id: string; text: string }) => (calls.count++, todos.insert(todo))
  : ({ id, text }: { id: string; text: string }) => {
      calls.count += 1
      return [todos.insert({ id, text })]
    }

const functions = makeSchema({
  events: { created },
  state: SQLite.makeState({ tables: { todos }, materializers: { 'v1.TodoCreated': create } }),
})

const nextTodos = SQLite.table({
  name: 'todos',
  columns: { id: SQLite.text({ primaryKey: true }), text: SQLite.text(), tag: SQLite.text({ nullable: true }) },
})
const tagged = Events.synced({
  name: 'v2.TodosTagged',
  schema: Schema.Struct({ tag: Schema.String }),
})

/** The app's next version: a table has one more column, and there is one more event. */
const next = makeSchema({
  events: { created, tagged },
  state: SQLite.makeState({
    tables: { todos: nextTodos },
    materializers: {
      'v1.TodoCreated': ({ id, text }) => (calls.count++, nextTodos.insert({ id, text, tag: null })),
      'v2.TodosTagged': ({ tag }) => nextTodos.update({ tag }),
    },
  }),
})

/** Words of the rows are found by full-text search. */
const search = makeSchema({
  events: { created },
  state: SQLite.makeState({
    tables: { todos },
    materializers: { 'v1.TodoCreated': 'INSERT INTO todos (id, text) VALUES (:id, :text)' },
    statements: [
      `CREATE VIRTUAL TABLE words USING fts5(text, content='todos')`,
      `CREATE TRIGGER todos_in AFTER INSERT ON todos BEGIN
         INSERT INTO words (rowid, text) VALUES (new.rowid, new.text);
       END`,
    ],
  }),
})

export const schemas: Readonly<Record<string, LiveStoreSchema>> = { plain, functions, next, search }
