/** Reading once, and looking on. */
import { reportLater } from '../core/error.js'
import { resolveParams } from '../query/compiled.js'
import { compileInput } from './compile.js'
import { isDefinition, isLiveQuery, isQueryable, isSignal, toDefinition } from './define.js'
import { readSignal } from './signal.js'
import type { LiveContext, LiveQuery, Queryable, RcRef, SubscribeOptions } from './types.js'

/** Throws when it is nothing that can be asked for; `name` is who was asked. */
export const checkQueryable = (query: unknown, name: string): void => {
  if (isQueryable(query)) return
  const given = query === null ? 'null' : typeof query
  throw new TypeError(`${name}: expected a query (queryDb, computed, signal, table, builder or {query}), got ${given}`)
}

/** A counted reference to whatever can be asked for. */
export const hold = <R>(context: LiveContext, query: Queryable<R>, name: string): RcRef<LiveQuery<R>> => {
  checkQueryable(query, name)
  if (isLiveQuery(query)) return { value: query, deref: () => {} }
  return toDefinition<R>(query).make(context)
}

/** The value now. What is not live already is not made live for it. */
export const readOnce = <R>(context: LiveContext, query: Queryable<R>): R => {
  checkQueryable(query, 'query')
  if (isLiveQuery(query)) return query.run()
  if (isSignal(query)) return readSignal(context, query)
  if (!isDefinition(query)) {
    const { core, sessionId } = context
    const { sql, params, decode } = compileInput<R>(query)
    return decode(core.query(sql, resolveParams(params, sessionId)), sessionId)
  }
  const ref = query.make(context)
  try {
    return ref.value.run()
  } finally {
    ref.deref()
  }
}

/** Calls `told` with the value now, and whenever it is another one. Gives a function that ends it. */
export const look = <R>(
  context: LiveContext, query: Queryable<R>, told: (value: R) => void, options: SubscribeOptions<R>,
): (() => void) => {
  const { onError = reportLater } = options
  const ref = hold(context, query, 'subscribe')
  let last: unknown
  const update = (): void => {
    let value: R
    try {
      value = ref.value.run()
    } catch (error) {
      if (!Object.is(last, error)) onError((last = error))
      return
    }
    if (Object.is(last, value)) return
    last = value
    told(value)
  }
  try {
    last = ref.value.run()
    options.onSubscribe?.(ref.value)
    if (!options.skipInitialRun) told(last as R)
    const label = `subscribe:${options.label || ref.value.label}`
    const node = context.core.subscribe(ref.value.node, label, false, () => {
      try {
        update()
      } catch (error) {
        onError(error)
      }
    })
    let open = true
    return () => {
      if (!open) return
      open = false
      context.core.release(node)
      ref.deref()
    }
  } catch (error) {
    ref.deref()
    throw error
  }
}
