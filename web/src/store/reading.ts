/** What is loaded when a page reads the log or looks back (later.ts), or its schema wants to hear of unknown events. */
export { readEvents } from './events.js'
export { openPast } from './past.js'
export { hearUnknown } from './unknown.js'
