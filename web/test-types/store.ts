/** Types of stores and live values: what must be inferred, and what must be refused. */
import {
  computed, createStorePromise, Events, makeInMemoryAdapter, makeSchema, queryDb, rowDiff, Schema, signal, State,
  storeOptions, StoreRegistry,
} from '../src/index.js'
import type {
  EventDef, LiveQuery, LiveQueryDef, LiveStoreSchema, Queryable, Receipt, Store, TableDef,
} from '../src/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._equal: Equal<A, B> extends true ? [] : ['the types differ', A, B]): void => {}

const todos = State.SQLite.table({
  name: 'todos',
  columns: { id: State.SQLite.text({ primaryKey: true }), done: State.SQLite.boolean({ default: false }) },
})
const ui = State.SQLite.clientDocument({
  name: 'Ui', schema: Schema.Struct({ draft: Schema.String }), default: { id: 'ui', value: { draft: '' } },
})
const events = {
  created: Events.synced({ name: 'v1.Created', schema: Schema.Struct({ id: Schema.String }) }),
}
const elsewhere = Events.synced({ name: 'v1.Elsewhere', schema: Schema.Struct({ n: Schema.Number }) })
const materializers = State.SQLite.materializers(events, { 'v1.Created': ({ id }) => todos.insert({ id }) })
const schema = makeSchema({ events, state: State.SQLite.makeState({ tables: { todos, ui }, materializers }) })
const options = storeOptions({ schema, storeId: 'todos', adapter: makeInMemoryAdapter(), context: { user: 'ann' } })

interface Todo {
  readonly id: string
  readonly done: boolean
}

export const queries = (store: Store<typeof schema>): void => {
  same<readonly Todo[], ReturnType<typeof all>>()
  const all = () => store.query(todos)
  const count = store.query(todos.count())
  same<typeof count, number>()
  const document = store.query(ui.get())
  same<typeof document.draft, string>()

  const open$ = queryDb(todos.where({ done: false }))
  same<typeof open$, LiveQueryDef<readonly Todo[]>>()
  const ids$ = queryDb(todos.select('id'), { map: (ids) => ids.length })
  same<typeof ids$, LiveQueryDef<number>>()
  const n$ = signal(1)
  const chosen$ = queryDb((get) => todos.where({ id: `${get(n$)}` }).first())
  same<typeof chosen$, LiveQueryDef<Todo | undefined>>()
  const sum$ = computed((get) => get(n$) + get(ids$) + get(todos.count()) + get(open$).length)
  same<typeof sum$, LiveQueryDef<number>>()
  same<Queryable.Result<typeof sum$>, number>()

  const raw = store.query({ query: 'SELECT 1 AS n', schema: Schema.Array(Schema.Struct({ n: Schema.Number })) })
  same<(typeof raw)[number]['n'], number>()
  const rows = store.query({ query: 'SELECT 1 AS n' })
  // @ts-expect-error a value of SQLite is not known to be a number
  rows[0]?.n.toFixed()

  store.subscribe(open$, (result) => same<typeof result, readonly Todo[]>())
  const iterator = store.subscribe(sum$)
  void iterator.next().then((result) => result.done || same<typeof result.value, number>())

  store.setSignal(n$, 2)
  store.setSignal(n$, (n) => n + 1)
  // @ts-expect-error the signal holds a number
  store.setSignal(n$, 'two')
  // @ts-expect-error only signals are set
  store.setSignal(sum$, 2)
  // @ts-expect-error no query
  store.query('SELECT 1')
  // @ts-expect-error the table has no such column
  store.query(todos.select('text'))
}

export const commits = (store: Store<typeof schema>): void => {
  const receipt = store.commit(events.created({ id: 'a' }), ui.set({ draft: 'x' }))
  same<typeof receipt, Receipt>()
  store.commit({ label: 'add' }, events.created({ id: 'a' }))
  store.commit((commit) => commit(events.created({ id: 'a' })))
  store.commit({ skipRefresh: true }, (commit) => commit(events.created({ id: 'a' }), ui.set({})))
  // @ts-expect-error an id is text
  store.commit(events.created({ id: 1 }))
  // @ts-expect-error the schema has no such event
  store.commit(elsewhere({ n: 1 }))
  // @ts-expect-error the schema has no such event
  store.commit((commit) => commit(elsewhere({ n: 1 })))
  // @ts-expect-error no such option
  store.commit({ labels: 'add' }, events.created({ id: 'a' }))
  void store.history(todos, 'a')
  void store.conflicts.retry(1, events.created({ id: 'b' }))
}

export const opening = async (): Promise<void> => {
  const store = await createStorePromise(options)
  same<typeof store.context.user, string>()
  same<(typeof store)['schema'], typeof schema>()
  const loaded = new StoreRegistry({ defaultOptions: { unusedCacheTime: 1000 } }).getOrLoadPromise(options)
  const again = await loaded
  same<typeof again.context.user, string>()
  const past = await store.at('e1').query(todos.select('id'))
  same<typeof past, readonly string[]>()
  const [pending] = await store.pending()
  same<NonNullable<typeof pending>['name'], string>()
  await createStorePromise({ ...options, batchUpdates: (run) => run() })
  // @ts-expect-error it takes a function
  await createStorePromise({ ...options, batchUpdates: true })
  const { changed } = rowDiff(store.query(todos), store.query(todos), ({ id }) => id)
  same<(typeof changed)[number]['before'], Todo>()
  // @ts-expect-error a store needs a schema
  await createStorePromise({ adapter: makeInMemoryAdapter() })
  // @ts-expect-error a registry needs an id
  storeOptions({ schema, adapter: makeInMemoryAdapter() })
}

/** What takes anything of a kind. */
export const kinds = (store: Store<typeof schema>): void => {
  const tables: TableDef.Any[] = [todos]
  const defs: EventDef.Any[] = [events.created, ui.set]
  const schemas: LiveStoreSchema.Any[] = [schema]
  const queries: LiveQueryDef.Any[] = [queryDb(todos), computed(() => 1), signal('')]
  store.subscribe(queryDb(todos), () => {}, { onSubscribe: (query: LiveQuery.Any) => void query.label })
  void [tables, defs, schemas, queries]
  // @ts-expect-error a table is no event
  const wrong: EventDef.Any = todos
  void wrong
}
