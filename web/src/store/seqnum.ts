/** Sequence numbers as text: e<global>[.<client>][r<generation>]. */
import type { SeqNum } from '../core/types.js'

/** A sequence number as text. */
export const formatSeqNum = ({ global, client, generation }: SeqNum): string =>
  `e${global}${client ? `.${client}` : ''}${generation ? `r${generation}` : ''}`
