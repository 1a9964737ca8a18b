/** What a user can do: each action is one commit, so one undo takes it back. Gives what was done in words. */
import { nanoid } from 'livestore'
import type { Receipt } from 'livestore'
import * as events from './events.js'
import { tables } from './schema.js'
import type { Todo } from './schema.js'
import type { TodoStore } from './store.js'
import { listUntilConfirmed } from './unsent.js'

const done = (store: TodoStore, what: string, receipt: Receipt): string => {
  listUntilConfirmed(store, what, receipt)
  return what
}

const items = (n: number): string => (n === 1 ? '1 todo' : `${n} todos`)

export const addTodo = (store: TodoStore, text: string): string =>
  done(store, `Added “${text}”`, store.commit(events.todoCreated({ id: nanoid(), text, createdAt: Date.now() })))

export const renameTodo = (store: TodoStore, { id }: Todo, text: string): string =>
  done(store, `Changed to “${text}”`, store.commit(events.todoRenamed({ id, text })))

export const toggleTodo = (store: TodoStore, { id, text, completed }: Todo): string => {
  const change = completed ? events.todoReopened : events.todoCompleted
  return done(store, `${completed ? 'Reopened' : 'Completed'} “${text}”`, store.commit(change({ id })))
}

export const deleteTodo = (store: TodoStore, { id, text }: Todo): string =>
  done(store, `Deleted “${text}”`, store.commit(events.todoDeleted({ id })))

export const setAll = (store: TodoStore, completed: boolean): string => {
  const change = completed ? events.todoCompleted : events.todoReopened
  const todos = store.query(tables.todos.where({ completed: !completed }))
  const receipt = store.commit(...todos.map(({ id }) => change({ id })))
  return done(store, `${completed ? 'Completed' : 'Reopened'} ${items(todos.length)}`, receipt)
}

/** Those that this window sees now, one by one: what others complete meanwhile stays. */
export const clearCompleted = (store: TodoStore): string => {
  const todos = store.query(tables.todos.where({ completed: true }))
  const receipt = store.commit(...todos.map(({ id }) => events.todoDeleted({ id })))
  return done(store, `Cleared ${items(todos.length)}`, receipt)
}

export const undo = (store: TodoStore): string => done(store, 'Undid the last change', store.undo())
export const redo = (store: TodoStore): string => done(store, 'Did it again', store.redo())
