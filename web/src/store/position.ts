/** Positions in a log, as a program gives them. */
import type { SeqNum } from '../core/types.js'

/** Where an event stands: the number itself, as text ("e5", "e5.1"), or the global number alone. */
export type Position = SeqNum | string | number

export const ROOT: SeqNum = { global: 0, client: 0, generation: 0 }

/** The sequence number of a position. */
export const toSeqNum = (position: Position): SeqNum => {
  if (typeof position === 'object') return position
  const text = typeof position === 'number' ? `e${position}` : position
  const match = /^e(\d+)(?:\.(\d+))?(?:r(\d+))?$/.exec(text)
  if (!match) throw new Error(`"${position}" is no position such as 5, e5 or e5.1`)
  const [, global, client = 0, generation = 0] = match
  return { global: Number(global), client: Number(client), generation: Number(generation) }
}

/** Which comes first? Generations tell numberings of one place apart and do not count. */
export const comparePlaces = (a: SeqNum, b: SeqNum): number => a.global - b.global || a.client - b.client
