import { makeDurableObject, makeWorker } from '@livestore/sync-cf/cf-worker'

// Both are needed for pages of other origins: one for preflights, the other for answers.
const http = { responseHeaders: { 'access-control-allow-origin': '*' } }

export class SyncBackendDO extends makeDurableObject({ http }) {}

export default makeWorker({ syncBackendBinding: 'SYNC_BACKEND_DO', enableCORS: true })
