import { useEffect, useRef } from 'react'
import { useTodoStore } from '../livestore/store.js'
import { useAnnounce } from './Announcer.js'

export interface Status {
  readonly kind: 'ok' | 'busy' | 'offline' | 'bad'
  readonly label: string
}

const waiting = (n: number): string => (n === 0 ? '' : ` · ${n} waiting`)

/** How the list stands with the server, in a word or two. */
export const useStatus = (): Status => {
  const store = useTodoStore()
  const { isConnected, phase, pending, conflicts } = store.useNetworkStatus()
  const { pendingCount } = store.useSyncStatus()
  // What has not reached the browser's own log yet has not reached the server either.
  const unsent = Math.max(pending, pendingCount)
  if (conflicts > 0) return { kind: 'bad', label: conflicts === 1 ? '1 conflict' : `${conflicts} conflicts` }
  if (phase === 'failed') return { kind: 'bad', label: 'Sync failed' }
  if (phase === 'connecting' && !isConnected) return { kind: 'busy', label: `Connecting${waiting(unsent)}` }
  if (!isConnected) return { kind: 'offline', label: `Offline${waiting(unsent)}` }
  return unsent > 0 ? { kind: 'busy', label: `Sending ${unsent}` } : { kind: 'ok', label: 'Synced' }
}

const SPOKEN = {
  ok: 'Connected, all changes are synced',
  busy: '',
  offline: 'Offline. Changes are kept and sent later',
  bad: 'Sync needs you',
}

export const StatusButton = ({ open, onToggle }: { open: boolean; onToggle: () => void }) => {
  const announce = useAnnounce()
  const { kind, label } = useStatus()
  const spoken = useRef(kind)
  useEffect(() => {
    if (kind === 'busy' || kind === spoken.current) return
    spoken.current = kind
    announce(SPOKEN[kind])
  }, [kind, announce])
  return (
    <button type="button" className={`status ${kind}`} aria-label={`Sync status: ${label}`} aria-expanded={open}
      aria-controls="sync-panel" onClick={onToggle}>
      <span className="dot" aria-hidden="true" />
      <span>{label}</span>
    </button>
  )
}
