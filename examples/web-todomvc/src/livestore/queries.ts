/** What the app shows. Each runs again only when rows that it may depend on have changed. */
import { queryDb } from 'livestore'
import { tables } from './schema.js'

export const view$ = queryDb(tables.view.get(), { label: 'view' })

export const visible$ = queryDb(
  (get) => {
    const { filter } = get(view$)
    const todos = filter === 'all' ? tables.todos : tables.todos.where({ completed: filter === 'completed' })
    return todos.orderBy([{ col: 'createdAt', direction: 'asc' }, { col: 'id', direction: 'asc' }])
  },
  { label: 'visible' },
)

export const activeCount$ = queryDb(tables.todos.where({ completed: false }).count(), { label: 'active' })
export const completedCount$ = queryDb(tables.todos.where({ completed: true }).count(), { label: 'completed' })
