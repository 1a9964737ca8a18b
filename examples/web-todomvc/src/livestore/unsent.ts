/** What this window did that the server has not confirmed yet, told by the receipts of its commits. */
import { nanoid, signal } from 'livestore'
import type { Receipt } from 'livestore'
import type { TodoStore } from './store.js'

export interface Unsent {
  readonly id: string
  /** In words. */
  readonly what: string
}

export const unsent$ = signal<readonly Unsent[]>([], { label: 'unsent' })

/** List a commit until it is confirmed, or set aside as a conflict. */
export const listUntilConfirmed = (store: TodoStore, what: string, receipt: Receipt): void => {
  const entry = { id: nanoid(), what }
  const isOther = ({ id }: Unsent) => id !== entry.id
  store.setSignal(unsent$, (before) => [...before, entry])
  receipt.confirmed
    .catch(() => undefined)
    .then(() => store.setSignal(unsent$, (before) => before.filter(isOther)))
    .catch(() => undefined) // the store was shut down: nobody looks any more
}
