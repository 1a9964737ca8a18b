/** What `State` is. */
export * as SQLite from './sqlite.js'
