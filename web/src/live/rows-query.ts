/** Live queries whose SQL is fixed: nodes of the library's own. Their rows are decoded once for each change. */
import type { Rows } from '../core/types.js'
import { resolveParams } from '../query/compiled.js'
import type { Compiled } from './compile.js'
import { hashOf } from './hash.js'
import type { Deps } from './hash.js'
import { keepRowObjects } from './rows.js'
import { define } from './share.js'
import type { Opened } from './share.js'
import type { LiveContext, LiveQueryDef } from './types.js'

/** A function that decodes rows, once as long as they stay the same. */
export const decoder = <R>(sessionId: string): ((compiled: Compiled<R>, rows: Rows) => R) => {
  let last: { readonly rows: Rows; readonly result: R; readonly hash: string } | undefined
  return (compiled, rows) => {
    const same = last?.hash === compiled.hash ? last : undefined
    if (same?.rows === rows) return same.result
    const decoded = compiled.decode(rows, sessionId)
    const result = same && !compiled.schema ? keepRowObjects(same.rows, same.result, rows, decoded) : decoded
    last = { rows, result, hash: compiled.hash }
    return result
  }
}

const openRows = <R>(context: LiveContext, label: string, compiled: Compiled<R>): Opened<R> => {
  const { core, sessionId } = context
  const decode = decoder<R>(sessionId)
  const node = core.live(label, compiled.sql, resolveParams(compiled.params, sessionId))
  return {
    node,
    run: () => decode(compiled, core.rows(node)),
    track: (tracker) => decode(compiled, tracker.rows(node)),
  }
}

/** Defines a live query of fixed SQL. */
export const defineRows = <R>(compiled: Compiled<R>, label: string = compiled.label, deps?: Deps): LiveQueryDef<R> =>
  define(hashOf('query', compiled.hash, deps), label, (context) => openRows(context, label, compiled))
