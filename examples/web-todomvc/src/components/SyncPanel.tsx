/** What the status stands for: the connection, what was not sent yet, and conflicts. */
import { useCallback, useEffect, useState } from 'react'
import type { Conflict } from 'livestore'
import { describeEvent } from '../livestore/describe.js'
import { storeId, useTodoStore } from '../livestore/store.js'
import { unsent$ } from '../livestore/unsent.js'
import { useAnnounce } from './Announcer.js'

const PHASES = {
  off: 'Not syncing.',
  connecting: 'Connecting to the server …',
  pulling: 'Connected; fetching what others did …',
  live: 'Connected. Changes travel at once.',
  waiting: 'No connection. Everything works all the same; changes are sent as soon as there is one.',
  failed: 'Syncing has stopped.',
} as const

const Connection = () => {
  const store = useTodoStore()
  const { phase, error } = store.useNetworkStatus()
  const address = `${location.origin}/?storeId=${storeId}`
  return (
    <>
      <p>{PHASES[phase]}{phase === 'failed' && error && ` ${error.message}`}</p>
      {store.storageMode === 'in-memory' && (
        <p className="warning">
          This browser keeps nothing for this page, as private windows do: what is not sent is gone with the page.
        </p>
      )}
      <p className="address">This list: <a href={address}>{address.replace(/^https?:\/\//, '')}</a></p>
    </>
  )
}

const Unsent = () => {
  const store = useTodoStore()
  const { pending } = store.useNetworkStatus()
  const mine = store.useQuery(unsent$)
  // Those of other windows, and of before a reload, are known by their number only.
  const others = pending - mine.length
  const more = `${others} ${mine.length > 0 ? 'more ' : ''}${others === 1 ? 'event' : 'events'}`
  if (pending === 0 && mine.length === 0) return <p className="quiet">Nothing waits to be sent.</p>
  return (
    <>
      <h3>Not sent yet</h3>
      <ul className="unsent" aria-label="Not sent yet">
        {mine.map(({ id, what }) => <li key={id}>{what}</li>)}
        {others > 0 && <li className="quiet">{more}</li>}
      </ul>
    </>
  )
}

const useConflicts = () => {
  const store = useTodoStore()
  const { conflicts: count } = store.useNetworkStatus()
  const [list, setList] = useState<readonly Conflict[]>([])
  const look = useCallback(() => void store.conflicts.list().then(setList, () => undefined), [store])
  useEffect(look, [look, count])
  return { list, look }
}

const Conflicts = () => {
  const store = useTodoStore()
  const announce = useAnnounce()
  const { list, look } = useConflicts()
  if (list.length === 0) return null
  const settle = (what: string, done: Promise<void>) =>
    void done.then(() => announce(what), (error: unknown) => announce(String(error))).finally(look)
  return (
    <>
      <h3>Conflicts</h3>
      <p className="quiet">What others did came first, and these changes no longer fit behind it.</p>
      <ul className="conflicts" aria-label="Conflicts">
        {list.map(({ id, events, error }) => (
          <li key={id}>
            <span><b>{events.map(describeEvent).join(', ')}</b> {error}</span>
            <button type="button" onClick={() => settle('Tried again', store.conflicts.retry(id))}>Try again</button>
            <button type="button" onClick={() => settle('Dropped', store.conflicts.drop(id))}>Drop</button>
          </li>
        ))}
      </ul>
    </>
  )
}

export const SyncPanel = () => (
  <section id="sync-panel" className="card panel" aria-label="Sync">
    <Connection />
    <Conflicts />
    <Unsent />
  </section>
)
