import { activeCount$, completedCount$, view$, visible$ } from '../livestore/queries.js'
import type { Filter } from '../livestore/schema.js'
import { useTodoStore } from '../livestore/store.js'
import { TodoItem } from './TodoItem.js'

const EMPTY: Record<Filter, readonly [title: string, more: string]> = {
  all: ['Nothing to do yet', 'Write the first thing down above.'],
  active: ['All done', 'Nothing is left to do.'],
  completed: ['Nothing done yet', 'What you tick off is shown here.'],
}

const Empty = ({ filter }: { filter: Filter }) => (
  <div className="empty">
    <svg viewBox="0 0 120 80" aria-hidden="true" focusable="false">
      <rect x="22" y="8" width="76" height="64" rx="10" />
      <path d="M36 28h6M36 42h6M36 56h6M52 28h32M52 42h24M52 56h28" />
    </svg>
    <p className="empty-title">{EMPTY[filter][0]}</p>
    <p>{EMPTY[filter][1]}</p>
  </div>
)

export const TodoList = () => {
  const store = useTodoStore()
  const { filter } = store.useQuery(view$)
  const todos = store.useQuery(visible$)
  const total = store.useQuery(activeCount$) + store.useQuery(completedCount$)
  if (todos.length === 0) return <Empty filter={total === 0 ? 'all' : filter} />
  const stays = (completed: boolean) => filter === 'all' || completed === (filter === 'completed')
  return (
    <ul className="todos" aria-label="Todos">
      {todos.map((todo) => <TodoItem key={todo.id} todo={todo} stays={stays} />)}
    </ul>
  )
}
