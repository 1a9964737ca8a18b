/** What `Events` is. */
export { clientOnly, defineEvent, synced, type EventDef } from './events.js'
