/** The worker of the tab that leads: keeps the log in the browser's files, and syncs it. */
import { makeWorker } from 'livestore/worker'
import { schema } from './schema.js'

// The server that the app came from syncs too. Vite's own server does not: say another with VITE_SYNC_URL.
const here = self.location.origin.replace(/^http/, 'ws')
const url: string = import.meta.env.VITE_SYNC_URL ?? (import.meta.env.DEV ? 'ws://localhost:8787' : here)

makeWorker({ schema, sync: { url } })
