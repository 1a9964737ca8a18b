/** Events of the log in words, for lists of them. */
import type { LogEvent } from 'livestore'

const VERBS: Readonly<Record<string, string>> = {
  'v1.TodoCreated': 'Add',
  'v1.TodoRenamed': 'Change to',
  'v1.TodoCompleted': 'Complete',
  'v1.TodoReopened': 'Reopen',
  'v1.TodoDeleted': 'Delete',
  'livestore.Undone': 'Undo',
  'livestore.Redone': 'Redo',
}

export const describeEvent = ({ name, args }: LogEvent): string => {
  const { text } = args as { readonly text?: string }
  return `${VERBS[name] ?? name}${text === undefined ? '' : ` “${text}”`}`
}
