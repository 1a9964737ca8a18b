/** Calls to the leader that wait for their answers. One that a leader took to its grave is made of the next one. */
import type { AnswerMessage, CallMessage } from './messages.js'
import { fromPlain } from './messages.js'

export interface Calls {
  /** A message to send, and what it will be answered. */
  add(name: string, args: readonly unknown[]): { readonly message: CallMessage; readonly answered: Promise<unknown> }
  answer(answer: AnswerMessage): void
  /** Those that have no answer yet, in order. */
  open(): CallMessage[]
  /** There will be no more answers. */
  close(): void
}

interface Call {
  readonly message: CallMessage
  resolve(value: unknown): void
  reject(error: Error): void
}

const shutDown = (name: string): Error => new Error(`${name}: the store has been shut down`)

export const makeCalls = (): Calls => {
  const calls = new Map<number, Call>()
  let last = 0
  let closed = false
  return {
    add(name, args) {
      const message = { type: 'call', id: ++last, name, args } as const
      const answered = new Promise((resolve, reject) => {
        if (closed) reject(shutDown(name))
        else calls.set(message.id, { message, resolve, reject })
      })
      return { message, answered }
    },
    answer({ id, value, error }) {
      const call = calls.get(id)
      calls.delete(id)
      if (error) call?.reject(fromPlain(error))
      else call?.resolve(value)
    },
    open: () => [...calls.values()].map(({ message }) => message),
    close() {
      closed = true
      for (const { message, reject } of calls.values()) reject(shutDown(message.name))
      calls.clear()
    },
  }
}
