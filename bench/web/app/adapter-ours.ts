/** Our adapter that persists. */
import { makePersistedAdapter } from '@livestore/adapter-web'
import LeaderWorker from './worker.js?worker'

export const persisted = () => makePersistedAdapter({ worker: LeaderWorker })
