import { useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { deleteTodo, renameTodo, toggleTodo } from '../livestore/actions.js'
import type { Todo } from '../livestore/schema.js'
import { useTodoStore } from '../livestore/store.js'
import { useAnnounce } from './Announcer.js'
import { DeleteIcon, EditIcon } from './Icons.js'
import { Tool } from './Tool.js'

/** Where the focus goes when a row leaves: to its neighbour, or to where new ones begin. */
const focusBeside = (row: HTMLElement | null) => {
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling
  const target = neighbour?.querySelector<HTMLElement>('input[type=checkbox]') ?? document.getElementById('new-todo')
  target?.focus()
}

const Editor = ({ todo, onDone }: { todo: Todo; onDone: (text: string | null, focus: boolean) => void }) => {
  const [text, setText] = useState(todo.text)
  const over = useRef(false)
  const done = (result: string | null, focus: boolean) => {
    if (!over.current) onDone(result, focus)
    over.current = true
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') done(text, true)
    if (event.key === 'Escape') done(null, true)
  }
  return (
    <input className="field edit" value={text} aria-label={`Edit ${todo.text}`} autoFocus autoComplete="off"
      enterKeyHint="done" maxLength={500} onChange={(event) => setText(event.target.value)} onKeyDown={onKeyDown}
      onFocus={(event) => event.target.select()} onBlur={() => done(text, false)} />
  )
}

export const TodoItem = ({ todo, stays }: { todo: Todo; stays: (completed: boolean) => boolean }) => {
  const store = useTodoStore()
  const announce = useAnnounce()
  const [editing, setEditing] = useState(false)
  const row = useRef<HTMLLIElement>(null)
  const checkbox = useRef<HTMLInputElement>(null)
  const { text, completed } = todo

  const toggle = () => {
    if (!stays(!completed)) focusBeside(row.current)
    announce(toggleTodo(store, todo))
  }
  const remove = () => {
    focusBeside(row.current)
    announce(deleteTodo(store, todo))
  }
  const finish = (given: string | null, focus: boolean) => {
    setEditing(false)
    const changed = given?.trim()
    if (changed === '') return remove()
    if (changed && changed !== text) announce(renameTodo(store, todo, changed))
    if (focus) requestAnimationFrame(() => checkbox.current?.focus())
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'F2' || editing) return
    event.preventDefault()
    setEditing(true)
  }

  return (
    <li ref={row} className={completed ? 'todo done' : 'todo'} onKeyDown={onKeyDown}>
      <input ref={checkbox} type="checkbox" className="check" checked={completed} onChange={toggle} aria-label={text} />
      {editing ? <Editor todo={todo} onDone={finish} /> : (
        <>
          <span className="text" onDoubleClick={() => setEditing(true)}>{text}</span>
          <span className="tools">
            <Tool name={`Edit ${text}`} title="Edit (F2)" onClick={() => setEditing(true)}><EditIcon /></Tool>
            <Tool name={`Delete ${text}`} title="Delete" onClick={remove}><DeleteIcon /></Tool>
          </span>
        </>
      )}
    </li>
  )
}
