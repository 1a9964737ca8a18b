/** Undo and redo of what this window did: as buttons, and as Ctrl or Cmd with Z, Shift+Z and Y. */
import { useEffect } from 'react'
import * as actions from '../livestore/actions.js'
import { useTodoStore } from '../livestore/store.js'
import { useAnnounce } from './Announcer.js'
import { RedoIcon, UndoIcon } from './Icons.js'
import { Tool } from './Tool.js'

/** A text that is being written has an undo of its own. */
const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && target.type !== 'checkbox' && target.value !== ''

const wanted = (event: KeyboardEvent): 'undo' | 'redo' | null => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || isWriting(event.target)) return null
  const key = event.key.toLowerCase()
  if (key === 'z') return event.shiftKey ? 'redo' : 'undo'
  return key === 'y' && !event.shiftKey ? 'redo' : null
}

export const History = () => {
  const store = useTodoStore()
  const announce = useAnnounce()
  const { canUndo, canRedo } = store.useUndo()
  const run = (what: 'undo' | 'redo') => {
    announce((what === 'undo' ? canUndo : canRedo) ? actions[what](store) : `Nothing to ${what}`)
  }
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const what = wanted(event)
      if (!what) return
      event.preventDefault()
      run(what)
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  })
  return (
    <div className="history" role="group" aria-label="History">
      <Tool name="Undo" title="Undo (Ctrl+Z)" idle={!canUndo} onClick={() => run('undo')}><UndoIcon /></Tool>
      <Tool name="Redo" title="Redo (Ctrl+Shift+Z)" idle={!canRedo} onClick={() => run('redo')}><RedoIcon /></Tool>
    </div>
  )
}
