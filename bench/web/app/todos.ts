/** A whole app, as small as they get: a list that is kept, and a field to add to it. It is what the downloads are
 * counted of, and what boots. `booted` is when the store was there and a first query answered. */
import { createStorePromise, nanoid, queryDb } from '@livestore/livestore'
import { persisted } from '#adapter'
import { events, schema, tables } from './schema.js'

const storeId = new URLSearchParams(location.search).get('storeId') ?? 'todos'
const store = await createStorePromise({ schema, storeId, adapter: persisted(), disableDevtools: true })
const count = store.query(tables.todos.count())
Object.assign(window, { booted: { ms: performance.now(), count }, store })

const list = document.querySelector('ul') as HTMLUListElement
const input = document.querySelector('input') as HTMLInputElement
store.subscribe(queryDb(tables.todos.orderBy('id', 'asc').limit(20), { label: 'first' }), (todos) => {
  list.replaceChildren(...todos.map(({ text }) => Object.assign(document.createElement('li'), { textContent: text })))
})
input.onchange = () => {
  store.commit(events.created({ id: nanoid(), text: input.value }))
  input.value = ''
}
