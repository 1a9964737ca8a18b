/** LiveStore's adapter that persists. */
import { makePersistedAdapter } from '@livestore/adapter-web'
import SharedWorker from '@livestore/adapter-web/shared-worker?sharedworker'
import LeaderWorker from './worker.js?worker'

export const persisted = () =>
  makePersistedAdapter({ worker: LeaderWorker, sharedWorker: SharedWorker, storage: { type: 'opfs' } })
