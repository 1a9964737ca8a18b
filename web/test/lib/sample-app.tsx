/** A small app as people write it: what a page downloads is measured with it (web/size.mjs). It never runs. */
import {
  computed, Events, makePersistedAdapter, makeSchema, nanoid, queryDb, Schema, SessionIdSymbol, signal, State,
  StoreRegistry,
} from 'livestore'
import { StoreRegistryProvider, useStore } from 'livestore/react'
import { Suspense } from 'react'

const todos = State.SQLite.table({
  name: 'todos',
  columns: {
    id: State.SQLite.text({ primaryKey: true }),
    text: State.SQLite.text(),
    completed: State.SQLite.boolean({ default: false }),
    priority: State.SQLite.integer({ nullable: true }),
    createdAt: State.SQLite.datetime(),
  },
})
const view = State.SQLite.clientDocument({
  name: 'view',
  schema: Schema.Struct({ filter: Schema.Literal('all', 'active', 'completed') }),
  default: { id: SessionIdSymbol, value: { filter: 'all' } },
})

const events = {
  todoCreated: Events.synced({
    name: 'v1.TodoCreated',
    schema: Schema.Struct({ id: Schema.String, text: Schema.NonEmptyString, createdAt: Schema.Date }),
  }),
  todoCompleted: Events.synced({
    name: 'v1.TodoCompleted',
    schema: Schema.Struct({ id: Schema.String, completed: Schema.Boolean }),
  }),
}
const materializers = State.SQLite.materializers(events, {
  'v1.TodoCreated': ({ id, text, createdAt }) => todos.insert({ id, text, createdAt }),
  'v1.TodoCompleted': ({ id, completed }) => todos.update({ completed }).where({ id }),
})
const schema = makeSchema({ events, state: State.SQLite.makeState({ tables: { todos, view }, materializers }) })

const search = signal('')
const view$ = queryDb(view.get())
const shown$ = queryDb((get) => {
  const { filter } = get(view$)
  const found = todos.where('text', 'LIKE', `%${get(search)}%`).orderBy('createdAt', 'desc')
  return filter === 'all' ? found : found.where({ completed: filter === 'completed' })
})
const count$ = computed((get) => get(shown$).length)

const worker = new URL('./worker.ts', import.meta.url)
const adapter = makePersistedAdapter({ storage: { type: 'opfs' }, worker })

const List = () => {
  const store = useStore({ storeId: 'todos', schema, adapter })
  const [{ filter }, setView] = store.useClientDocument(view)
  const shown = store.useQuery(shown$)
  const { undo, canUndo } = store.useUndo()
  const add = () => store.commit(events.todoCreated({ id: nanoid(), text: 'new', createdAt: new Date() }))
  return (
    <>
      <button onClick={add}>Add to {store.useQuery(count$)}</button>
      <button onClick={() => setView({ filter: 'active' })}>{filter}</button>
      <button disabled={!canUndo} onClick={() => undo()}>Undo</button>
      {shown.map(({ id, text, completed }) => (
        <p key={id} onClick={() => store.commit(events.todoCompleted({ id, completed: !completed }))}>{text}</p>
      ))}
    </>
  )
}

const registry = new StoreRegistry()

export const App = () => (
  <StoreRegistryProvider storeRegistry={registry}>
    <Suspense fallback="…">
      <List />
    </Suspense>
  </StoreRegistryProvider>
)
