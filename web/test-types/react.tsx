/** The hooks infer what they give, and refuse what cannot be. */

import { computed, queryDb, signal } from 'livestore'
import { LiveList, useClientDocument, useQuery, useQueryRef, useStore, useSyncStatus, useUndo } from 'livestore/react'
import { events, options, tables } from '../test/lib/todos.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(equal: Equal<A, B>): Equal<A, B> => equal

type Todo = { readonly id: string; readonly text: string; readonly completed: boolean }

export const Queries = () => {
  const store = useStore(options())
  const number$ = signal(1)
  const count$ = computed((get) => get(tables.todos).length > get(number$))

  const todos = store.useQuery(queryDb(tables.todos.where({ completed: false })))
  todos[0]?.text satisfies string | undefined
  // @ts-expect-error no such column
  todos[0]?.title
  const all: readonly Todo[] = store.useQuery(tables.todos)
  const ids = store.useQuery(queryDb(tables.todos, { map: (rows) => rows.map(({ id }) => id) }))
  same<typeof ids, string[]>(true)
  const number = useQuery(number$, { store })
  same<typeof number, number>(true)
  const enough = useQuery(count$, { store })
  same<typeof enough, boolean>(true)
  const either = store.useQuery(Math.random() < 2 ? number$ : count$)
  same<typeof either, number | boolean>(true)
  const { valueRef } = useQueryRef(number$, { store })
  valueRef.current satisfies number
  // @ts-expect-error not a query
  store.useQuery(1)
  // @ts-expect-error not a query
  store.useQuery({})
  const items$ = queryDb(tables.todos)
  return all && <LiveList store={store} items$={items$} getKey={({ id }) => id} renderItem={({ text }) => text} />
}

export const Documents = () => {
  const store = useStore(options())
  const [ui, setUi, id, ui$] = store.useClientDocument(tables.ui)
  ui.filter satisfies 'all' | 'active' | 'completed'
  id satisfies string
  store.useQuery(ui$).newText satisfies string
  setUi({ filter: 'all' })
  setUi(({ filter }) => ({ filter }))
  // @ts-expect-error not one of the literals
  setUi({ filter: 'none' })
  // @ts-expect-error no such field
  setUi({ sort: 'asc' })
  const [user] = useClientDocument(tables.user, 'ann', { default: { username: 'Ann' }, store })
  user.username satisfies string
  // @ts-expect-error it has no id of its own
  useClientDocument(tables.user)
  // @ts-expect-error no client document
  useClientDocument(tables.todos, 'a')
  return null
}

export const Status = () => {
  const store = useStore(options())
  const { isSynced, pendingCount } = useSyncStatus({ store })
  isSynced satisfies boolean
  pendingCount satisfies number
  const { undo, redo, canUndo, canRedo } = useUndo({ store })
  const receipt = store.commit(events.todoCreated({ id: 'a', text: 'b' }))
  void receipt
  return <button disabled={!canUndo && !canRedo} onClick={() => (canUndo ? undo() : redo())} />
}
