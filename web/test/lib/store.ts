/** A small app for the tests of stores, and ways to open it. */
import { loadCore } from '../../src/core/index.js'
import {
  createStorePromise, Events, makeInMemoryAdapter, makeSchema, Schema, SessionIdSymbol, State,
} from '../../src/index.js'
import type { Adapter, CreateStoreOptions, LeaderCalls } from '../../src/index.js'
import { answer } from '../../src/worker/calls.js'

export const tables = {
  todos: State.SQLite.table({
    name: 'todos',
    columns: {
      id: State.SQLite.text({ primaryKey: true }),
      text: State.SQLite.text(),
      completed: State.SQLite.boolean({ default: false }),
    },
  }),
  ui: State.SQLite.clientDocument({
    name: 'Ui',
    schema: Schema.Struct({ filter: Schema.Literal('all', 'open'), draft: Schema.String }),
    default: { id: SessionIdSymbol, value: { filter: 'all', draft: '' } },
  }),
}

export const events = {
  created: Events.synced({
    name: 'v1.TodoCreated', schema: Schema.Struct({ id: Schema.String, text: Schema.String }),
  }),
  renamed: Events.synced({
    name: 'v1.TodoRenamed', schema: Schema.Struct({ id: Schema.String, text: Schema.String }),
  }),
  completed: Events.synced({ name: 'v1.TodoCompleted', schema: Schema.Struct({ id: Schema.String }) }),
  deleted: Events.synced({ name: 'v1.TodoDeleted', schema: Schema.Struct({ id: Schema.String }) }),
  at: Events.synced({ name: 'v1.At', schema: Schema.Struct({ when: Schema.Date }) }),
  hovered: Events.clientOnly({ name: 'v1.Hovered', schema: Schema.Struct({ id: Schema.String }) }),
}

const materializers = State.SQLite.materializers(events, {
  'v1.TodoCreated': ({ id, text }) => tables.todos.insert({ id, text }),
  'v1.TodoRenamed': ({ id, text }) => tables.todos.update({ text }).where({ id }),
  'v1.TodoCompleted': ({ id }) => tables.todos.update({ completed: true }).where({ id }),
  'v1.TodoDeleted': ({ id }) => tables.todos.delete().where({ id }),
  'v1.At': () => [],
  'v1.Hovered': () => [],
})

export const schema = makeSchema({ events, state: State.SQLite.makeState({ tables, materializers }) })

let stores = 0

export const options = (more: Partial<CreateStoreOptions<typeof schema>> = {}) => ({
  schema, storeId: `test-${++stores}`, adapter: makeInMemoryAdapter({ clientId: 'ann', sessionId: 'laptop' }), ...more,
})

export const openStore = (more: Partial<CreateStoreOptions<typeof schema>> = {}) => createStorePromise(options(more))

export const pause = (ms = 5): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until something holds. */
export const until = async (holds: () => boolean, what: string): Promise<void> => {
  for (let i = 0; !holds(); i++) {
    if (i === 2000) throw new Error(`in 10 seconds it did not come to this: ${what}`)
    await pause()
  }
}

/** Adapters of several sessions of one leader, all in this thread: what tabs have, without tabs. `paused` holds the
 * messages up. */
export const makeTabs = (storeId: string) => {
  const line = { paused: false }
  const pumps: (() => boolean)[] = []
  const listeners = new Set<() => void>()
  const pump = (): void => {
    if (line.paused) return
    while (pumps.map((move) => move()).some(Boolean));
    for (const told of listeners) told()
  }
  const leading = loadCore().then((library) => ({
    library,
    leader: library.open({ schema: schema.document, materializers: schema.materializers, storeId, clientId: 'ann' }),
  }))
  const adapter = (sessionId: string): Adapter => async (args) => {
    const { library, leader } = await leading
    const core = library.openUplink({
      schema: args.schema.document, materializers: args.schema.materializers, storeId, clientId: 'ann', sessionId,
      onLog: args.onLog,
    })
    const downlink = leader.downlink(core.uplinkHello())
    pumps.push(() => {
      let moved = false
      for (let bytes = downlink.take(); bytes; bytes = downlink.take()) {
        core.uplinkReceive(bytes.slice())
        moved = true
      }
      for (let bytes = core.uplinkTake(); bytes; bytes = core.uplinkTake()) {
        downlink.receive(bytes.slice())
        moved = true
      }
      return moved
    })
    pump()
    const call = (name: keyof LeaderCalls) => async (...more: unknown[]) => answer(leader, name, more)
    const names: (keyof LeaderCalls)[] = [
      'events', 'eventChanges', 'history', 'diff', 'queryAt', 'status', 'conflicts', 'retryConflict', 'dropConflict',
    ]
    return {
      core,
      storageMode: 'persisted',
      leader: Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as LeaderCalls,
      committed: pump,
      subscribe: (told) => {
        listeners.add(told)
        return () => listeners.delete(told)
      },
      network: () => ({ isConnected: false, timestampMs: 0, phase: 'off', pending: 0, conflicts: 0, error: null }),
      unsaved: () => core.uplinkStatus().unsaved,
      safeHead: () => core.uplinkStatus().leaderHead,
      ended: new Promise(() => {}),
      close: async () => {
        pumps.length = 0
        downlink.close()
        core.close()
      },
    }
  }
  return { adapter, pump, line }
}
