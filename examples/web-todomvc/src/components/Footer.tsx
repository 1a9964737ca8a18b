import { clearCompleted } from '../livestore/actions.js'
import { activeCount$, completedCount$ } from '../livestore/queries.js'
import { tables } from '../livestore/schema.js'
import type { Filter } from '../livestore/schema.js'
import { useTodoStore } from '../livestore/store.js'
import { useAnnounce } from './Announcer.js'

const FILTERS: readonly (readonly [filter: Filter, label: string])[] = [
  ['all', 'All'],
  ['active', 'Active'],
  ['completed', 'Completed'],
]

export const Footer = () => {
  const store = useTodoStore()
  const announce = useAnnounce()
  const [view, setView] = store.useClientDocument(tables.view)
  const active = store.useQuery(activeCount$)
  const completed = store.useQuery(completedCount$)
  if (active + completed === 0) return null
  const clear = () => {
    announce(clearCompleted(store))
    document.getElementById('new-todo')?.focus()
  }
  return (
    <div className="foot">
      <p className="count"><b>{active}</b> {active === 1 ? 'item' : 'items'} left</p>
      <div className="filters" role="group" aria-label="Show">
        {FILTERS.map(([filter, label]) => (
          <button key={filter} type="button" aria-pressed={view.filter === filter} onClick={() => setView({ filter })}>
            {label}
          </button>
        ))}
      </div>
      <button type="button" className="clear" onClick={clear} disabled={completed === 0}>Clear completed</button>
    </div>
  )
}
