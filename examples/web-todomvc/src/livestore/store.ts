/** Which list is open, and the hook that gives its store. */
import { makePersistedAdapter } from 'livestore'
import { useStore } from 'livestore/react'
import LiveStoreWorker from './worker.js?worker'
import { schema } from './schema.js'

const REMEMBERED = 'todomvc:storeId'

/** Some browsers keep nothing for a page, and say so by an exception. */
const attempt = <T>(run: () => T): T | null => {
  try {
    return run()
  } catch {
    return null
  }
}

const fromHash = (): string | null => {
  const name = location.hash.replace(/^#\/?/, '')
  return name === '' ? null : (attempt(() => decodeURIComponent(name)) ?? name)
}

const fromAddress = (): string | null => new URLSearchParams(location.search).get('storeId') ?? fromHash()

/** `?storeId=ID` or `#ID`; without it the list that was open last, and at first "todos". */
export const readStoreId = (): string => fromAddress() ?? attempt(() => localStorage.getItem(REMEMBERED)) ?? 'todos'

export const isStoreId = (id: string): boolean => /^[A-Za-z0-9_-]{1,128}$/.test(id)

export const rememberStoreId = (id: string): void => void attempt(() => localStorage.setItem(REMEMBERED, id))

const adapter = makePersistedAdapter({ worker: LiveStoreWorker, storage: { type: 'opfs' } })

export const storeId = readStoreId()

export const useTodoStore = () => useStore({ schema, storeId, adapter })
export type TodoStore = ReturnType<typeof useTodoStore>
