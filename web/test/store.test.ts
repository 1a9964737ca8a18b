/** A store in memory: committing, querying, subscribing, looking back, the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CoreError, createStorePromise, formatSeqNum, makeInMemoryAdapter, makeSchema, queryDb, rowDiff, Schema,
  SessionIdSymbol, ShutdownError, signal, State, toSeqNum,
} from '../src/index.js'
import { events, makeTabs, openStore, pause, schema, tables, until } from './lib/store.js'

const { created, completed, renamed, deleted } = events
const a = created({ id: 'a', text: 'Buy milk' })
const b = created({ id: 'b', text: 'Walk' })
const texts = tables.todos.select('text')

test('commit applies events in order and gives where they stand', async () => {
  const store = await openStore()
  const receipt = store.commit(a, renamed({ id: 'a', text: 'Buy oat milk' }))
  assert.deepEqual(store.query(texts), ['Buy oat milk'])
  assert.deepEqual([receipt.first, receipt.last].map(formatSeqNum), ['e1', 'e2'])
  await store.shutdown()
})

test('commit takes options, a transaction, and both', async () => {
  const store = await openStore()
  assert.equal(store.commit({ label: 'add' }, a).label, 'add')
  const receipt = store.commit((commit) => {
    commit(b)
    commit(completed({ id: 'a' }), completed({ id: 'b' }))
    assert.deepEqual(store.query(texts), ['Buy milk'])
  })
  assert.deepEqual([receipt.first, receipt.last].map(formatSeqNum), ['e2', 'e4'])
  store.commit({ label: 'rename' }, (commit) => commit(renamed({ id: 'b', text: 'Run' })))
  assert.deepEqual(store.query(tables.todos.orderBy('id', 'asc')), [
    { id: 'a', text: 'Buy milk', completed: true }, { id: 'b', text: 'Run', completed: true },
  ])
  await store.shutdown()
})

test('a transaction that throws commits nothing; an async one, or one that goes on later, is refused', async () => {
  const store = await openStore()
  let later: ((event: typeof a) => void) | undefined
  const boom = new Error('boom')
  assert.throws(() => store.commit((commit) => {
    commit(a)
    throw boom
  }), boom)
  assert.throws(() => store.commit((async () => {}) as never), /must not be async/)
  store.commit((commit) => void (later = commit))
  assert.throws(() => later?.(a), /the transaction is over/)
  assert.deepEqual(store.query(texts), [])
  await store.shutdown()
})

test('a commit of nothing is everywhere at once', async () => {
  const store = await openStore()
  const receipt = store.commit()
  assert.equal(receipt.stage, 'confirmed')
  await receipt.confirmed
  assert.equal(store.syncStatus().localHead, 'e0')
  await store.shutdown()
})

test('ST-24 a commit that fails throws, changes nothing, and the store lives on', async () => {
  const store = await openStore()
  store.commit(a)
  const told: unknown[] = []
  store.subscribe(texts, (now) => told.push(now))
  assert.throws(() => store.commit(b, a), (error: CoreError) => {
    assert.ok(error instanceof CoreError)
    assert.equal(error.code, 'LS_EMATERIALIZE')
    assert.equal(error.item, 1)
    return true
  })
  assert.deepEqual(store.query(texts), ['Buy milk'])
  store.commit(b)
  assert.deepEqual(told, [['Buy milk'], ['Buy milk', 'Walk']])
  await store.shutdown()
})

test('arguments that do not fit, and events of no schema, are refused', async () => {
  const store = await openStore()
  const wrong = { name: 'v1.TodoCreated', args: { id: 1, text: 'x' } }
  assert.throws(() => store.commit(wrong as never), /v1\.TodoCreated.*id/)
  assert.throws(() => store.commit({ name: 'v1.Gone', args: {} } as never), /v1\.Gone/)
  assert.equal(store.syncStatus().localHead, 'e0')
  await store.shutdown()
})

test('RX-26 RX-27 RX-37 subscriptions: one call for a commit, none at first if so asked, each ends alone', async () => {
  const store = await openStore()
  const [all, late, short]: unknown[][] = [[], [], []]
  const calls: string[] = []
  store.subscribe(texts, (now) => all?.push(now))
  const stop = store.subscribe(texts, (now) => short?.push(now), {
    onSubscribe: (query) => calls.push(`begun ${query.run().length}`), onUnsubsubscribe: () => calls.push('ended'),
  })
  store.subscribe(texts, (now) => late?.push(now), { skipInitialRun: true })
  store.commit(a, b)
  stop()
  stop()
  store.commit(completed({ id: 'a' }))
  store.commit(deleted({ id: 'a' }))
  assert.deepEqual([all?.length, late?.length, short?.length], [3, 2, 2])
  assert.deepEqual(calls, ['begun 0', 'ended'])
  await store.shutdown()
})

test('a subscription made by a callback, and a commit behind it, miss nothing', async () => {
  const store = await openStore()
  const told: unknown[] = []
  let inner = false
  store.subscribe(tables.todos.count(), (count) => {
    if (count !== 1 || inner) return
    inner = true
    store.subscribe(texts, (now) => told.push(now))
    store.commit(b)
  })
  store.commit(a)
  assert.deepEqual(told, [['Buy milk'], ['Buy milk', 'Walk']])
  await store.shutdown()
})

test('an error of a callback is reported and harms neither the commit nor the others', async (t) => {
  const errors: unknown[] = []
  t.mock.method(console, 'error', (error: unknown) => errors.push(error))
  const store = await openStore()
  const told: number[] = []
  const boom = new Error('boom')
  store.subscribe(tables.todos.count(), (count) => {
    if (count > 0) throw boom
  })
  store.subscribe(tables.todos.count(), (count) => told.push(count))
  store.commit(a)
  assert.deepEqual(told, [0, 1])
  assert.deepEqual(errors, [boom])
  assert.throws(() => store.subscribe(tables.todos.count(), () => {
    throw boom
  }), boom)
  await store.shutdown()
})

test('a subscription is an async iterator too: every result, the first one now', async () => {
  const store = await openStore()
  const iterator = store.subscribe(tables.todos.count())
  assert.deepEqual(await iterator.next(), { done: false, value: 0 })
  store.commit(a)
  store.commit(b)
  assert.deepEqual([await iterator.next(), await iterator.next()].map(({ value }) => value), [1, 2])
  const waiting = iterator.next()
  await iterator.return?.()
  assert.deepEqual(await waiting, { done: true, value: undefined })
  assert.equal(store._dev.nodes().length, 0)
  const seen: number[] = []
  for await (const count of store.subscribe(tables.todos.count())) {
    if (seen.push(count) === 1) queueMicrotask(() => void store.shutdown())
  }
  assert.deepEqual(seen, [2])
})

test('skipRefresh holds subscriptions back until manualRefresh, or until the next commit without it', async () => {
  const store = await openStore()
  const told: number[] = []
  store.subscribe(tables.todos.count(), (count) => told.push(count))
  store.commit({ skipRefresh: true }, a)
  assert.equal(store.query(tables.todos.count()), 1)
  assert.deepEqual(told, [0])
  store.manualRefresh({ label: 'now' })
  assert.deepEqual(told, [0, 1])
  store.commit({ skipRefresh: true }, b)
  store.commit(deleted({ id: 'a' }), created({ id: 'c', text: 'Sleep' }))
  assert.deepEqual(told, [0, 1, 2])
  store.manualRefresh()
  store.commit(deleted({ id: 'b' }))
  assert.deepEqual(told, [0, 1, 2, 1])
  await store.shutdown()
})

test('undo and redo, and what there is of them, live', async () => {
  const store = await openStore()
  const told: string[] = []
  store.subscribe(store.undoStatus$, ({ undo, redo, undoName }) => told.push(`${undo} ${redo} ${undoName}`))
  store.commit(a)
  store.commit(completed({ id: 'a' }))
  store.undo(2)
  assert.deepEqual(store.query(tables.todos), [])
  store.redo()
  assert.deepEqual(store.query(texts), ['Buy milk'])
  assert.deepEqual(told, [
    '0 0 null', '1 0 v1.TodoCreated', '2 0 v1.TodoCompleted', '0 2 null', '1 1 v1.TodoCreated',
  ])
  assert.deepEqual(store.undoStatus(), { undo: 1, redo: 1, undoName: 'v1.TodoCreated', redoName: 'v1.TodoCompleted' })
  assert.throws(() => store.undo(5), /only 1 commit to undo/)
  await store.shutdown()
})

test('undo of what was committed before anybody looked is seen at once', async () => {
  const store = await openStore()
  store.commit(a)
  assert.equal(store.query(store.undoStatus$).undo, 1)
  await store.shutdown()
})

test('client documents: reading writes nothing, setting merges, queries follow', async () => {
  const store = await openStore()
  const told: unknown[] = []
  const ui$ = queryDb(tables.ui.get())
  assert.deepEqual(store.query(ui$), { filter: 'all', draft: '' })
  store.subscribe(ui$, (ui) => told.push(ui))
  assert.equal(store.syncStatus().localHead, 'e0')
  store.commit(tables.ui.set({ draft: 'Bu' }))
  store.commit(tables.ui.set({ filter: 'open' }))
  store.commit(tables.ui.set({ filter: 'open' }))
  assert.deepEqual(told, [
    { filter: 'all', draft: '' }, { filter: 'all', draft: 'Bu' }, { filter: 'open', draft: 'Bu' },
  ])
  assert.deepEqual(store.query(tables.ui.get('laptop')), { filter: 'open', draft: 'Bu' })
  assert.deepEqual(store.query(tables.ui.get('phone')), { filter: 'all', draft: '' })
  assert.equal(store.syncStatus().localHead, 'e0.3')
  await store.shutdown()
})

test('CD-20 sessions share the documents of one id; those of the session id are their own', async () => {
  const { adapter } = makeTabs('documents')
  const open = (sessionId: string) => createStorePromise({ schema, storeId: 'documents', adapter: adapter(sessionId) })
  const [left, right] = [await open('left'), await open('right')]
  const seen: unknown[] = []
  right.subscribe(queryDb(tables.ui.get('shared')), ({ draft }) => seen.push(draft))
  left.commit(tables.ui.set({ draft: 'mine' }), tables.ui.set({ draft: 'ours' }, 'shared'))
  assert.deepEqual(seen, ['', 'ours'])
  assert.equal(right.query(tables.ui.get()).draft, '')
  right.commit(tables.ui.set({ draft: 'hers' }, SessionIdSymbol))
  assert.deepEqual([left, right].map((store) => store.query(tables.ui.get()).draft), ['mine', 'hers'])
  assert.deepEqual([left, right].map((store) => store.sessionId), ['left', 'right'])
  await Promise.all([left.shutdown(), right.shutdown()])
})

test('the past: queries at a position, what an event changed, the history of a row, differences', async () => {
  const store = await openStore()
  store.commit(a)
  store.commit(renamed({ id: 'a', text: 'Buy oat milk' }))
  store.commit(b)
  assert.deepEqual(await store.at(1).query(texts), ['Buy milk'])
  assert.deepEqual(await store.at('e2').query({ query: 'SELECT text FROM todos' }), [{ text: 'Buy oat milk' }])
  const [change] = await store.eventChanges(2)
  assert.equal(change?.op, 'update')
  assert.deepEqual([change?.before?.text, change?.after?.text], ['Buy milk', 'Buy oat milk'])
  const history = await store.history(tables.todos, 'a')
  assert.deepEqual(history.map(({ event }) => `${formatSeqNum(event.seq)} ${event.name}`), [
    'e1 v1.TodoCreated', 'e2 v1.TodoRenamed',
  ])
  const differences = await store.diff('e1', 'e3')
  assert.deepEqual(differences.map(({ op, after }) => `${op} ${after?.id}`), ['update a', 'insert b'])
  await assert.rejects(store.eventChanges('5'), /"5" is no position/)
  await assert.rejects(store.at('5').query(texts), /"5" is no position/)
  await assert.rejects(store.at(99).query(texts), CoreError)
  await store.shutdown()
})

test('UE-04 UE-07 events that the schema does not know go to its callback, each once; its errors are noted', async () => {
  const unknown: string[] = []
  const log: string[] = []
  const old = makeSchema({
    events: {}, state: State.SQLite.makeState({ tables: { todos: tables.todos }, materializers: {} }),
    unknownEventHandling: {
      strategy: 'callback',
      onUnknownEvent: ({ event: { name, args, seqNum, clientId, sessionId }, reason }, error) => {
        unknown.push(`${formatSeqNum(seqNum)} ${name} ${JSON.stringify(args)} ${clientId} ${sessionId}`)
        assert.deepEqual([reason, error.reason], ['event-definition-missing', 'event-definition-missing'])
        if (name === 'v1.TodoRenamed') throw new Error('no idea')
      },
    },
  })
  const { adapter } = makeTabs('unknown')
  const store = await createStorePromise({ schema, storeId: 'unknown', adapter: adapter('new') })
  const older = await createStorePromise({
    schema: old, storeId: 'unknown', adapter: adapter('old'), onLog: (_level, key, text) => log.push(`${key}: ${text}`),
  })
  store.commit(a)
  store.commit(renamed({ id: 'a', text: 'Buy oat milk' }))
  store.commit(b)
  await until(() => unknown.length === 3 && log.length === 1, 'all were told')
  assert.deepEqual(unknown.sort(), [
    'e1 v1.TodoCreated {"id":"a","text":"Buy milk"} ann new',
    'e2 v1.TodoRenamed {"id":"a","text":"Buy oat milk"} ann new',
    'e3 v1.TodoCreated {"id":"b","text":"Walk"} ann new',
  ])
  assert.deepEqual(log, ['unknown-event: onUnknownEvent of the schema failed: Error: no idea'])
  assert.equal(older.query(tables.todos.count()), 0)
  await Promise.all([store.shutdown(), older.shutdown()])
})

test('batchUpdates is around the calls that a commit, an undo or a signal makes', async () => {
  const calls: string[] = []
  const store = await openStore({
    batchUpdates: (run) => {
      calls.push('(')
      run()
      calls.push(')')
    },
  })
  const search = signal('')
  store.subscribe(tables.todos.count(), (n) => calls.push(`${n}`), { skipInitialRun: true })
  store.subscribe(texts, (all) => calls.push(all.join()), { skipInitialRun: true })
  store.subscribe(search, (text) => calls.push(text), { skipInitialRun: true })
  const told = (): string => calls.splice(0).sort().join(' ')
  assert.deepEqual([store.commit(a, b).stage, told()], ['durable', '( ) 2 Buy milk,Walk'])
  store.commit({ skipRefresh: true }, deleted({ id: 'a' }))
  assert.equal(told(), '( )')
  store.manualRefresh()
  assert.equal(told(), '( ) 1 Walk')
  store.setSignal(search, 'W')
  assert.equal(told(), '( ) W')
  store.undo()
  assert.equal(told(), '( ) 2 Buy milk,Walk')
  assert.throws(() => store.commit(a), CoreError)
  await store.shutdown()
})

test('batchUpdates is around the calls that another tab makes', async () => {
  const { adapter } = makeTabs('batched')
  const calls: string[] = []
  const batchUpdates = (run: () => void): void => {
    calls.push('(')
    run()
    calls.push(')')
  }
  const left = await createStorePromise({ schema, storeId: 'batched', adapter: adapter('left') })
  const right = await createStorePromise({ schema, storeId: 'batched', adapter: adapter('right'), batchUpdates })
  right.subscribe(tables.todos.count(), (n) => calls.push(`${n}`), { skipInitialRun: true })
  right.subscribe(texts, (all) => calls.push(all.join()), { skipInitialRun: true })
  left.commit(a, b)
  assert.match(calls.join(' '), /^[() ]*\( (2 Buy milk,Walk|Buy milk,Walk 2) \)[() ]*$/)
  await Promise.all([left.shutdown(), right.shutdown()])
})

test('what no server has confirmed is pending, but for what never leaves the client', async () => {
  const store = await openStore()
  assert.deepEqual(await store.pending(), [])
  const when = new Date(0)
  store.commit(a, events.hovered({ id: 'a' }))
  store.commit(events.at({ when }))
  const pending = await store.pending()
  assert.deepEqual(pending.map(({ name, args, seqNum }) => [formatSeqNum(seqNum), name, args]), [
    ['e1', 'v1.TodoCreated', { id: 'a', text: 'Buy milk' }], ['e2', 'v1.At', { when }],
  ])
  await store.shutdown()
})

test('boot runs before anybody has the store; its failure is that of opening it', async () => {
  const statuses: string[] = []
  const store = await openStore({
    boot: (early) => void early.commit(a), onBootStatus: ({ stage }) => statuses.push(stage),
  })
  assert.deepEqual(store.query(texts), ['Buy milk'])
  assert.deepEqual(statuses, ['loading', 'done'])
  await store.shutdown()
  let early: typeof store | undefined
  await assert.rejects(openStore({ boot: async (booting) => {
    early = booting as never
    throw new Error('no boots')
  } }), /no boots/)
  assert.throws(() => early?.query(texts), ShutdownError)
})

test('ST-22 ids of stores are checked', async () => {
  for (const storeId of ['', 'a b', 'ä', '../x']) {
    await assert.rejects(openStore({ storeId }), /storeId is .*: expected letters, digits, dashes and underscores/)
  }
})

test('a sync payload is checked against its schema before anything is opened', async () => {
  const seen: unknown[] = []
  const adapter: ReturnType<typeof makeInMemoryAdapter> = (args) => {
    seen.push(args.syncPayload)
    return makeInMemoryAdapter()(args)
  }
  const syncPayloadSchema = Schema.Struct({ authToken: Schema.String })
  await assert.rejects(openStore({ adapter, syncPayloadSchema, syncPayload: { authToken: 5 } }), /authToken/)
  const store = await openStore({ adapter, syncPayloadSchema, syncPayload: { authToken: 'x' } })
  assert.deepEqual(seen, [{ authToken: 'x' }])
  await store.shutdown()
})

test('ST-25 after shutdown everything is an error that names what was asked', async () => {
  const store = await openStore({ context: { user: 'ann' } })
  assert.deepEqual(store.context, { user: 'ann' })
  const told: number[] = []
  store.subscribe(tables.todos.count(), (count) => told.push(count))
  const receipt = store.commit(a)
  await Promise.all([store.shutdownPromise('enough'), store.shutdown('more')])
  assert.equal(await store.ended, 'enough')
  assert.equal(receipt.stage, 'durable')
  const uses: Record<string, () => unknown> = {
    commit: () => store.commit(b),
    query: () => store.query(texts),
    subscribe: () => store.subscribe(texts, () => {}),
    undo: () => store.undo(),
    syncStatus: () => store.syncStatus(),
    events: () => store.events(),
    at: () => store.at(1),
    pending: () => store.pending(),
    manualRefresh: () => store.manualRefresh(),
  }
  for (const [name, use] of Object.entries(uses)) {
    assert.throws(use, (error: ShutdownError) => {
      assert.ok(error instanceof ShutdownError)
      assert.equal(error.operation, name)
      assert.equal(error.cause, 'enough')
      return error.message === `${name}: the store "${store.storeId}" has been shut down`
    })
  }
})

test('a store may be shut down by its own subscription, and by a signal', async () => {
  const store = await openStore()
  store.subscribe(tables.todos.count(), (count) => {
    if (count > 0) void store.shutdown('full')
  })
  store.commit(a)
  assert.equal(await store.ended, 'full')
  const abort = new AbortController()
  const other = await openStore({ signal: abort.signal })
  abort.abort('enough')
  assert.equal(await other.ended, 'enough')
  await assert.rejects(openStore({ signal: abort.signal }), (error) => error === 'enough')
})

test('the stores of a page are listed for the console while they are open', async () => {
  const list = (globalThis as { __debugLiveStore?: Record<string, unknown> })
  const store = await openStore({ debug: { instanceId: 'main' } })
  assert.equal(list.__debugLiveStore?.main, store)
  await store.shutdown()
  await pause()
  assert.equal('main' in (list.__debugLiveStore ?? {}), false)
})

test('positions as text and back', () => {
  for (const text of ['e0', 'e5', 'e5.1', 'e5r2', 'e5.1r2']) assert.equal(formatSeqNum(toSeqNum(text)), text)
  assert.deepEqual(toSeqNum(7), { global: 7, client: 0, generation: 0 })
  for (const wrong of ['', '5', 'e', 'e1.', 'e1.x', 'e-1']) assert.throws(() => toSeqNum(wrong), /is no position/)
})

test('rows that differ between two results', () => {
  const before = [{ id: 1, n: 1 }, { id: 2, n: 2 }, { id: 3, n: 3 }]
  const after = [{ id: 3, n: 3 }, { id: 2, n: 5 }, { id: 4, n: 4 }]
  assert.deepEqual(rowDiff(before, after, ({ id }) => id), {
    added: [{ id: 4, n: 4 }],
    removed: [{ id: 1, n: 1 }],
    changed: [{ before: { id: 2, n: 2 }, after: { id: 2, n: 5 } }],
  })
})

test('dates travel as text and are dates again', async () => {
  const store = await openStore()
  const when = new Date('2024-02-29T12:00:00.000Z')
  const receipt = store.commit(events.at({ when }))
  assert.equal(formatSeqNum(receipt.last), 'e1')
  await store.shutdown()
})

