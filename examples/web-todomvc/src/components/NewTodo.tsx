import { useState } from 'react'
import type { FormEvent } from 'react'
import { addTodo, setAll } from '../livestore/actions.js'
import { activeCount$, completedCount$ } from '../livestore/queries.js'
import { useTodoStore } from '../livestore/store.js'
import { useAnnounce } from './Announcer.js'
import { AddIcon, CheckAllIcon } from './Icons.js'

const ToggleAll = () => {
  const store = useTodoStore()
  const announce = useAnnounce()
  const active = store.useQuery(activeCount$)
  const completed = store.useQuery(completedCount$)
  if (active + completed === 0) return <span className="toggle-all" aria-hidden="true" />
  const all = active === 0
  return (
    <button type="button" className="toggle-all" aria-pressed={all} onClick={() => announce(setAll(store, !all))}
      aria-label="Mark all as done" title={all ? 'Open all again' : 'Mark all as done'}>
      <CheckAllIcon />
    </button>
  )
}

export const NewTodo = () => {
  const store = useTodoStore()
  const announce = useAnnounce()
  const [text, setText] = useState('')
  const add = (event: FormEvent) => {
    event.preventDefault()
    const trimmed = text.trim()
    if (!trimmed) return
    announce(addTodo(store, trimmed))
    setText('')
  }
  return (
    <form className="new" onSubmit={add}>
      <ToggleAll />
      <input id="new-todo" className="field" value={text} aria-label="New todo" placeholder="What needs to be done?"
        autoFocus autoComplete="off" enterKeyHint="done" maxLength={500} onChange={(event) => setText(event.target.value)} />
      <button type="submit" className="add" aria-label="Add" disabled={!text.trim()}>
        <AddIcon />
      </button>
    </form>
  )
}
