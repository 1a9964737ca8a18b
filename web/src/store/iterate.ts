/** What is told, as an async iterator. */

/** Gives values as they are told, in order; none is left out.
 *   start  called with the first `next`; gives a function that stops it
 *   atEnd  takes what is to be called when there will be no more */
export const iterate = <T>(
  start: (told: (value: T) => void) => () => void, atEnd: (call: () => void) => () => void,
): AsyncIterableIterator<T, undefined> => {
  const values: T[] = []
  const waiting: ((result: IteratorResult<T, undefined>) => void)[] = []
  let stop: (() => void) | undefined
  let over = false
  const finish = (): void => {
    over = true
    forget()
    stop?.()
    for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined })
  }
  const forget = atEnd(finish)
  const told = (value: T): void => {
    const resolve = waiting.shift()
    if (resolve) resolve({ done: false, value })
    else values.push(value)
  }
  return {
    next: async () => {
      if (!over) stop ??= start(told)
      if (values.length > 0) return { done: false, value: values.shift() as T }
      return over ? { done: true, value: undefined } : new Promise((resolve) => waiting.push(resolve))
    },
    return: async () => {
      values.length = 0
      if (!over) finish()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** An iterator that is still to come. */
export const iterateLater = <T>(
  coming: Promise<AsyncIterableIterator<T, undefined>>,
): AsyncIterableIterator<T, undefined> => {
  coming.catch(() => {})
  return {
    next: async () => (await coming).next(),
    return: async () => (await coming).return?.() ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
