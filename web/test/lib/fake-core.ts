/** Sessions and a leader that keep a list of texts, with the message functions of the real ones: enough to see that
 * what carries the messages loses, doubles and reorders nothing. */
import type { CoreStore, Downlink } from '../../src/core/types.js'

interface Item {
  readonly id: string
  readonly text: string
}

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const value = (message: Uint8Array): { from?: number; items: Item[] } => JSON.parse(new TextDecoder().decode(message))

export const coreError = (code: string, message: string): Error => Object.assign(new Error(message), { code, item: -1 })

export interface FakeLeader {
  readonly store: CoreStore
  readonly log: Item[]
  readonly downlinks: Set<object>
  /** The next message leads to this error. */
  breakNext(error: Error): void
}

const offline = {
  phase: 'off', online: false, equal: false, pending: 0, conflicts: 0, remaining: -1, nextTryMs: 0, pulled: 0,
  pushed: 0, backendId: null, error: null,
}

export const makeLeaderStore = (log: Item[] = []): FakeLeader => {
  const downlinks = new Set<object>()
  let broken: Error | undefined

  const downlink = (hello: Uint8Array): Downlink => {
    let sent = value(hello).from ?? 0
    let greeted = false
    const self: Downlink = {
      receive(message) {
        const error = broken
        broken = undefined
        if (error) throw error
        for (const item of value(message).items) if (!log.some(({ id }) => id === item.id)) log.push(item)
      },
      take() {
        if (greeted && sent === log.length) return undefined
        const message = bytes({ from: sent, items: log.slice(sent) })
        greeted = true
        sent = log.length
        return message
      },
      close: () => void downlinks.delete(self),
    }
    downlinks.add(self)
    return self
  }

  const store = {
    storeId: 'test',
    downlink,
    syncStatus: () => offline,
    status: () => ({ events: log.length }),
    dropConflict: () => {
      throw coreError('LS_ENOTFOUND', 'there is no conflict 7')
    },
  } as unknown as CoreStore
  return { store, log, downlinks, breakNext: (error) => (broken = error) }
}

export interface FakeSession {
  readonly core: CoreStore
  commit(text: string): void
  /** What is in the leader's log, as far as this session knows. */
  texts(): string[]
  pending(): string[]
}

export const makeSession = (name: string): FakeSession => {
  const log: Item[] = []
  let pending: Item[] = []
  let unsent: Item[] = []
  let n = 0

  const core = {
    uplinkHello() {
      unsent = pending
      return bytes({ from: log.length, items: [] })
    },
    uplinkReceive(message: Uint8Array) {
      const { from, items } = value(message)
      if (from !== log.length) throw coreError('LS_EORDER', `behind ${log.length} come events from ${from}`)
      log.push(...items)
      pending = pending.filter(({ id }) => !items.some((item) => item.id === id))
      unsent = unsent.filter((item) => pending.includes(item))
    },
    uplinkTake() {
      if (unsent.length === 0) return undefined
      const message = bytes({ items: unsent })
      unsent = []
      return message
    },
    uplinkStatus: () => ({ unsaved: pending.length, error: null }),
  } as unknown as CoreStore

  return {
    core,
    commit(text) {
      const item = { id: `${name}-${++n}`, text }
      pending = [...pending, item]
      unsent = [...unsent, item]
    },
    texts: () => log.map(({ text }) => text),
    pending: () => pending.map(({ text }) => text),
  }
}
