/** Live queries, computed values and signals, on the graph of the library. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { computed, deepEqual, isQueryable, queryDb, Schema, signal } from '../src/index.js'
import { events, openStore, tables } from './lib/store.js'

const { created, completed, renamed, deleted } = events
const a = created({ id: 'a', text: 'Buy milk' })
const b = created({ id: 'b', text: 'Walk' })

test('RX-01 RX-02 computed values follow signals', async () => {
  const store = await openStore()
  const [x$, y$, d$] = [signal(1), signal(2), signal(3)]
  const c$ = computed((get) => get(x$) + get(y$), { deps: ['c'] })
  const e$ = computed((get) => get(c$) + get(d$), { deps: ['e'] })
  assert.deepEqual([store.query(c$), store.query(e$)], [3, 6])
  store.setSignal(x$, 5)
  assert.deepEqual([store.query(c$), store.query(e$)], [7, 10])
  await store.shutdown()
})

test('RX-03 RX-04 RX-14 a value is computed when it is read, once for each change of what it reads', async () => {
  const store = await openStore()
  const [x$, d$] = [signal(1), signal(3)]
  const runs = { left: 0, right: 0, tip: 0 }
  const left$ = computed((get) => (runs.left++, get(x$) * 2))
  const right$ = computed((get) => (runs.right++, get(x$) * 3))
  const tip$ = computed((get) => (runs.tip++, get(left$) + get(right$)))
  const tip = store.instantiate(tip$)
  assert.deepEqual(runs, { left: 0, right: 0, tip: 0 })
  assert.equal(store.query(tip.value), 5)
  store.setSignal(x$, 2)
  assert.deepEqual(runs, { left: 1, right: 1, tip: 1 })
  store.setSignal(d$, 4)
  assert.equal(store.query(tip.value), 10)
  assert.equal(store.query(tip.value), 10)
  assert.deepEqual(runs, { left: 2, right: 2, tip: 2 })
  tip.deref()
  await store.shutdown()
})

test('RX-08 an equal result stops there, and the old object stays', async () => {
  const store = await openStore()
  const n$ = signal(1)
  const parity$ = computed((get) => ({ odd: get(n$) % 2 === 1 }))
  let runs = 0
  const text$ = computed((get) => (runs++, get(parity$).odd ? 'odd' : 'even'))
  const told: string[] = []
  store.subscribe(text$, (text) => told.push(text))
  const parity = store.instantiate(parity$)
  const before = store.query(parity.value)
  store.setSignal(n$, 3)
  assert.equal(store.query(parity.value), before)
  assert.equal(runs, 1)
  store.setSignal(n$, 4)
  assert.deepEqual(told, ['odd', 'even'])
  await store.shutdown()
})

test('RX-15 RX-32 signals hold undefined, take functions of the old value, and ignore equal values', async () => {
  const store = await openStore()
  const nothing$ = signal<number | undefined>(undefined)
  assert.equal(store.query(nothing$), undefined)
  const count$ = signal({ n: 0 })
  const told: number[] = []
  store.subscribe(count$, ({ n }) => told.push(n))
  store.setSignal(count$, ({ n }) => ({ n: n + 1 }))
  store.setSignal(count$, { n: 1 })
  store.setSignal(count$, ({ n }) => ({ n: n + 1 }))
  assert.deepEqual(told, [0, 1, 2])
  await store.shutdown()
})

test('a signal keeps its value while nobody looks, and each store has its own', async () => {
  const [one, two] = [await openStore(), await openStore()]
  const n$ = signal(1)
  one.setSignal(n$, 7)
  const end = one.subscribe(n$, () => {})
  end()
  assert.deepEqual([one.query(n$), two.query(n$)], [7, 1])
  await Promise.all([one.shutdown(), two.shutdown()])
})

test('RX-18 RX-19 subscriptions may set signals and commit', async () => {
  const store = await openStore()
  const [from$, to$] = [signal(1), signal(0)]
  const told: number[] = []
  store.subscribe(from$, (n) => store.setSignal(to$, n * 10))
  store.subscribe(to$, (n) => told.push(n))
  store.subscribe(tables.todos.count(), (n) => n === 1 && store.commit(b))
  store.setSignal(from$, 2)
  store.commit(a)
  assert.deepEqual(told, [10, 20])
  assert.equal(store.query(tables.todos.count()), 2)
  await store.shutdown()
})

test('RX-20 a computed value may read values that it makes itself', async () => {
  const store = await openStore()
  const n$ = signal(2)
  const square$ = computed((get) => {
    const inner$ = computed((read) => read(n$) * read(n$), { label: 'inner' })
    return get(inner$)
  })
  const told: number[] = []
  store.subscribe(square$, (n) => told.push(n))
  store.setSignal(n$, 3)
  assert.deepEqual(told, [4, 9])
  await store.shutdown()
})

test('RX-22 RX-25 RX-30 raw queries, builders and tables are told at once and for each commit', async () => {
  const store = await openStore()
  const told: Record<string, unknown[]> = { raw: [], builder: [], table: [] }
  const raw$ = queryDb({ query: 'SELECT id FROM todos', queriedTables: new Set(['todos']) })
  store.subscribe(raw$, (rows) => told.raw?.push(rows))
  store.subscribe(tables.todos.where({ completed: false }).select('text'), (texts) => told.builder?.push(texts))
  store.subscribe(tables.todos, (rows) => told.table?.push(rows))
  store.commit(a)
  assert.deepEqual(told, {
    raw: [[], [{ id: 'a' }]],
    builder: [[], ['Buy milk']],
    table: [[], [{ id: 'a', text: 'Buy milk', completed: false }]],
  })
  await store.shutdown()
})

test('RX-23 RX-31 a query chosen by other values follows them and the tables', async () => {
  const store = await openStore()
  const done$ = signal(false)
  const chosen$ = queryDb((get) => tables.todos.where({ completed: get(done$) }).select('id'))
  const first$ = queryDb(
    (get) => ({
      query: 'SELECT text FROM todos WHERE completed = ? ORDER BY id',
      bindValues: [get(done$) ? 1 : 0],
      schema: Schema.Array(Schema.Struct({ text: Schema.String })).pipe(Schema.headOrElse(() => ({ text: 'none' }))),
    }),
    { label: 'first' },
  )
  const told: unknown[] = []
  store.subscribe(chosen$, (ids) => told.push(ids))
  assert.deepEqual(store.query(first$), { text: 'none' })
  store.commit(a, b, completed({ id: 'b' }))
  assert.deepEqual(store.query(first$), { text: 'Buy milk' })
  store.setSignal(done$, true)
  assert.deepEqual(told, [[], ['a'], ['b']])
  await store.shutdown()
})

test('a mapped query is told only when what the map gives is another value', async () => {
  const store = await openStore()
  const count$ = queryDb(tables.todos, { map: (todos) => ({ open: todos.filter((todo) => !todo.completed).length }) })
  const told: unknown[] = []
  store.subscribe(count$, (count) => told.push(count))
  store.commit(a)
  store.commit(renamed({ id: 'a', text: 'Buy oat milk' }))
  store.commit(completed({ id: 'a' }))
  assert.deepEqual(told, [{ open: 0 }, { open: 1 }, { open: 0 }])
  await store.shutdown()
})

test('queries that decode the same SQL in other ways are not the same', async () => {
  const store = await openStore()
  const one$ = queryDb(tables.todos.select('text').limit(1))
  const first$ = queryDb(tables.todos.select('text').first())
  const fallback$ = queryDb(tables.todos.select('text').first({ behaviour: 'fallback', fallback: () => 'none' }))
  assert.deepEqual(
    [one$, first$, fallback$].map((query$) => store.instantiate<unknown>(query$)).map((ref) => store.query(ref.value)),
    [[], undefined, 'none'],
  )
  await store.shutdown()
})

test('definitions of the same SQL, or of the same text and deps, share one live value', async () => {
  const store = await openStore()
  const n$ = signal(1)
  const times = (factor: number) => computed((get) => get(n$) * factor, { deps: [factor] })
  const [two, again, three] = [times(2), times(2), times(3)].map((definition) => store.instantiate(definition))
  assert.equal(two?.value, again?.value)
  assert.notEqual(two?.value, three?.value)
  assert.deepEqual([two, three].map((ref) => ref && store.query(ref.value)), [2, 3])
  const byText = ['1', 1].map((id) => store.instantiate(queryDb({ query: 'SELECT ? AS v', bindValues: [id] })))
  assert.notEqual(byText[0]?.value, byText[1]?.value)
  await store.shutdown()
})

test('RX-39 a live value ends with the last reference to it, and gives back what it read', async () => {
  const store = await openStore()
  const texts$ = computed((get) => get(queryDb(tables.todos.select('text'))).join())
  const [one, two] = [store.subscribe(texts$, () => {}), store.subscribe(texts$, () => {})]
  const count = () => store._dev.nodes().length
  assert.equal(count(), 4)
  one()
  assert.equal(count(), 3)
  two()
  assert.equal(count(), 0)
  await store.shutdown()
})

test('what is read differently by each run is given back', async () => {
  const store = await openStore()
  const n$ = signal(0)
  const text$ = queryDb((get) => tables.todos.where({ id: `${get(n$)}` }))
  store.subscribe(text$, () => {})
  const before = store._dev.nodes().length
  for (let n = 1; n < 50; n++) store.setSignal(n$, n)
  assert.equal(store._dev.nodes().length, before)
  await store.shutdown()
})

test('RX-41 results after undo are fresh', async () => {
  const store = await openStore()
  const texts = store.instantiate(queryDb(tables.todos.select('text')))
  store.commit(a)
  assert.deepEqual(store.query(texts.value), ['Buy milk'])
  store.undo()
  assert.deepEqual(store.query(texts.value), [])
  await store.shutdown()
})

test('the result and its rows stay the same objects while they do not change', async () => {
  const store = await openStore()
  store.commit(a, b)
  const all = store.instantiate(queryDb(tables.todos))
  const before = store.query(all.value)
  store.commit(events.hovered({ id: 'a' }))
  assert.equal(store.query(all.value), before)
  store.commit(renamed({ id: 'b', text: 'Run' }), created({ id: 'A', text: 'First' }))
  const after = store.query(all.value)
  assert.deepEqual(after.map(({ text }) => text).sort(), ['Buy milk', 'First', 'Run'])
  assert.equal(after.find(({ id }) => id === 'a'), before.find(({ id }) => id === 'a'))
  assert.notEqual(after.find(({ id }) => id === 'b'), before.find(({ id }) => id === 'b'))
  await store.shutdown()
})

test('RX-33 deletes without where and upserts are seen', async () => {
  const store = await openStore()
  store.commit(a)
  const told: number[] = []
  store.subscribe(tables.todos.count(), (n) => told.push(n))
  store.commit(deleted({ id: 'a' }))
  assert.deepEqual(told, [1, 0])
  await store.shutdown()
})

test('RX-35 what can be asked of a store is told from what cannot', async () => {
  const store = await openStore()
  const definition = queryDb(tables.todos)
  const instance = store.instantiate(definition)
  for (const good of [definition, signal(1), computed(() => 1), instance.value, tables.todos, tables.todos.count()]) {
    assert.equal(isQueryable(good), true)
  }
  for (const bad of [null, undefined, {}, 'SELECT 1', 1]) assert.equal(isQueryable(bad), false)
  assert.throws(() => store.query(null as never), /query: expected a query.*got null/)
  await store.shutdown()
})

test('an error of a query is thrown as it was, is told to onError, and passes', async () => {
  const store = await openStore()
  const n$ = signal(0)
  class Odd extends Error {}
  const half$ = computed((get) => {
    if (get(n$) % 2) throw new Odd('odd')
    return get(n$) / 2
  })
  const outer$ = computed((get) => get(half$) + 1)
  const [told, errors]: [number[], unknown[]] = [[], []]
  store.subscribe(outer$, (n) => told.push(n), { onError: (error) => errors.push(error) })
  store.setSignal(n$, 1)
  assert.throws(() => store.query(outer$), Odd)
  store.setSignal(n$, 4)
  assert.deepEqual(told, [1, 3])
  assert.equal(errors.length, 1)
  assert.ok(errors[0] instanceof Odd)
  await store.shutdown()
})

test('values that follow from one another are an error that names them', async () => {
  const store = await openStore()
  const loop: { a$?: ReturnType<typeof computed<number>> } = {}
  const b$ = computed((get): number => (loop.a$ ? get(loop.a$) : 0), { label: 'b' })
  loop.a$ = computed((get): number => get(b$), { label: 'a' })
  assert.throws(() => store.query(b$), /b.*a.*b/)
  await store.shutdown()
})

test('get is refused after the run', async () => {
  const store = await openStore()
  const n$ = signal(0)
  let later: (() => number) | undefined
  const n = store.query(computed((get) => ((later = () => get(n$)), get(n$))))
  assert.equal(n, 0)
  assert.throws(() => later?.(), /get: its query has run/)
  await store.shutdown()
})

test('raw queries take parameters by name', async () => {
  const store = await openStore()
  store.commit(a, b)
  const query = "SELECT id FROM todos WHERE text = :text OR id = $id OR text = ':none' -- :not\n OR id = :text"
  assert.deepEqual(store.query({ query, bindValues: { text: 'Walk', $id: 'a' } }), [{ id: 'a' }, { id: 'b' }])
  assert.throws(() => store.query({ query, bindValues: { text: 'Walk' } }), /no value for \$id/)
  await store.shutdown()
})

test('equality is by value for data, by identity for the rest', () => {
  class Point {
    constructor(readonly x: number) {}
  }
  const equal: [unknown, unknown][] = [
    [NaN, NaN], [[1, [2]], [1, [2]]], [{ a: { b: 1 } }, { a: { b: 1 } }], [new Date(5), new Date(5)],
    [new Uint8Array([1]), new Uint8Array([1])], [new Set([1]), new Set([1])],
    [new Map([['a', [1]]]), new Map([['a', [1]]])],
  ]
  const different: [unknown, unknown][] = [
    [1, '1'], [null, undefined], [[1], [1, 2]], [{ a: undefined }, { b: undefined }], [{ a: 1 }, { a: 1, b: 2 }],
    [[], {}],
    [new Date(5), new Date(6)], [new Point(1), new Point(1)], [new Set([1]), new Set([2])], [() => 1, () => 1],
    [new Set([1, 2]), new Set([2, 1])], [new Map([['a', 1]]), new Map([['a', 2]])], [[1], new Uint8Array([1])],
  ]
  for (const [left, right] of equal) assert.equal(deepEqual(left, right), true)
  for (const [left, right] of different) assert.equal(deepEqual(left, right), false)
})
