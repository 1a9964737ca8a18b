import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoreError, type LogEvent, type Rows } from '../src/core/index.js'
import { added, document, event, made, fails, openCore } from './lib/core.js'

const { core, open } = await openCore()
const make = (id: string, text = 'x'): string => event('v1.Made', { id, text })
const insert = 'INSERT INTO todos (id, text) VALUES (?1, ?2)'
const textOf = (e: LogEvent): { id: string; text: string } => e.args as { id: string; text: string }

test('a materializer in JavaScript is given the event and changes the tables', () => {
  const seen: LogEvent[] = []
  const store = open({
    ...made((e, exec) => {
      seen.push(e)
      exec(insert, [textOf(e).id, textOf(e).text.toUpperCase()])
    }),
    clientId: 'c1',
    sessionId: 's1',
  })
  const { last } = store.commit(make('a', 'milk'))
  assert.deepEqual(store.query('SELECT id, text FROM todos').rows, [['a', 'MILK']])
  assert.deepEqual(seen[0], {
    seq: last, parent: { global: 0, client: 0, generation: 0 }, name: 'v1.Made', args: { id: 'a', text: 'milk' },
    clientId: 'c1', sessionId: 's1',
  })
})

test('a materializer reads tables as the event has left them so far, with column names', () => {
  const read: Rows[] = []
  const store = open(
    made((e, exec) => {
      exec(insert, [textOf(e).id, textOf(e).text])
      read.push(exec('SELECT id, text AS words, 2.5 AS half FROM todos ORDER BY id'))
      read.push(exec('SELECT id FROM todos WHERE id = ?', ['none']))
    }),
  )
  store.commit(make('a', 'ü'))
  store.commit(make('b', 'y'))
  assert.deepEqual(read[0], { columns: ['id', 'words', 'half'], rows: [['a', 'ü', 2.5]] })
  assert.deepEqual(read[1]?.rows, [])
  assert.deepEqual(read[2], { columns: ['id', 'words', 'half'], rows: [['a', 'ü', 2.5], ['b', 'y', 2.5]] })
})

test('what a materializer throws is the cause of an error of the commit, and nothing is kept', () => {
  const boom = new RangeError('boom: too far')
  const store = open(
    made((e, exec) => {
      exec(insert, [textOf(e).id, 'x'])
      if (textOf(e).id === 'bad') throw boom
    }),
  )
  const events = JSON.stringify(['a', 'bad'].map((id) => ({ name: 'v1.Made', args: { id, text: '' } })))
  assert.throws(() => store.commit(events), (error: unknown) => {
    assert.ok(error instanceof CoreError)
    assert.equal(error.code, 'LS_EMATERIALIZE')
    assert.equal(error.item, 1)
    assert.match(error.message, /v1\.Made.*boom: too far/)
    assert.equal(error.cause, boom)
    return true
  })
  assert.equal(store.query('SELECT * FROM todos').rows.length, 0)
  store.commit(make('good'))
  assert.equal(store.query('SELECT * FROM todos').rows.length, 1)
})

test('texts, objects and long messages may be thrown, too', () => {
  const errors = ['é'.repeat(5000), 'two\nlines', ''].map((message) => new Error(message))
  for (const thrown of ['a text', { toString: () => 'an object' }, ...errors]) {
    const store = open(made(() => { throw thrown }))
    assert.throws(
      () => store.commit(make('a')),
      (error: unknown) => error instanceof CoreError && error.cause === thrown,
    )
  }
})

test('a failed statement throws inside the materializer, which may go on without it', () => {
  const codes: string[] = []
  const store = open(
    made((e, exec) => {
      exec(insert, [textOf(e).id, 'x'])
      for (const sql of [insert, 'SELECT nothing', 'DELETE FROM none']) {
        try {
          exec(sql, sql === insert ? [textOf(e).id, 'y'] : [])
        } catch (error) {
          if (error instanceof CoreError) codes.push(error.code)
        }
      }
    }),
  )
  store.commit(make('a'))
  assert.deepEqual(codes, ['LS_EMATERIALIZE', 'LS_ESQL', 'LS_ESQL'])
  assert.deepEqual(store.query('SELECT id, text FROM todos').rows, [['a', 'x']])
})

test('an error of a statement that is not caught is the error of the commit', () => {
  const store = open(made((_, exec) => void exec(insert, ['same', 'x'])))
  store.commit(make('a'))
  assert.throws(() => store.commit(make('b')), fails('LS_EMATERIALIZE', /UNIQUE/))
})

test('an asynchronous materializer is refused', () => {
  const store = open(made((async () => {}) as () => void))
  assert.throws(() => store.commit(make('a')), /must not be async/)
})

test('large parameters of statements do not harm the event that is being committed', () => {
  const store = open(
    made((e, exec) => {
      const big = 'b'.repeat(300_000)
      const { rows } = exec('SELECT length(?1), ?2', [big, textOf(e).text])
      exec(insert, [textOf(e).id, String(rows[0]?.join(':'))])
    }),
  )
  const ids = ['t0', 't1', 't2', 't3', 't4']
  const long = 'é'.repeat(40_000)
  store.commit(JSON.stringify(ids.map((id) => ({ name: 'v1.Made', args: { id, text: long + id } }))))
  const { rows } = store.query('SELECT id, text FROM todos ORDER BY id')
  assert.deepEqual(rows, ids.map((id) => [id, `300000:${long}${id}`]))
})

test('undo and time travel run materializers again or put rows back', () => {
  const store = open(made((e, exec) => void exec(insert, [textOf(e).id, 'x'])))
  const { last } = store.commit(make('a'))
  store.commit(make('b'))
  store.commit(added('c'))
  const view = store.at(last)
  assert.deepEqual(view.query('SELECT id FROM todos').rows, [['a']])
  view.close()
  store.undo(2)
  assert.deepEqual(store.query('SELECT id FROM todos').rows, [['a']])
})

test('another version of a materializer is another schema', () => {
  const run = (): void => {}
  assert.notEqual(open(made(run, 1)).schemaHash, open(made(run, 2)).schemaHash)
})

test('an event whose function is not given is refused when the store is opened', () => {
  assert.throws(() => core.open({ schema: document(1) }), fails('LS_ESCHEMA'))
  const { materializers = {} } = made(() => {})
  core.checkSchema({ schema: document(1), materializers })
})
