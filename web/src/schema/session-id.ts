/** Stands for the id of the session that runs a query or commits an event. */
export const SessionIdSymbol: unique symbol = Symbol.for('livestore.SessionId')
/** The type of SessionIdSymbol. */
export type SessionIdSymbol = typeof SessionIdSymbol
