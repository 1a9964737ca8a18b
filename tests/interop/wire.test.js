// The wire, frame by frame, against the server of SERVER: what it must say to LiveStore 0.4.0, whose request ids are
// texts, and to the versions after it, whose ids are numbers. LiveStore's own server speaks the first only.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { kind, newStore, range, sleep, theServer } from './lib/fixture.js'
import { chain, cursor, http, httpCall, none, push, refusedUpgrade, serverLog, some, Wire } from './lib/frames.js'
import { startServer } from './lib/servers.js'

const limit = { timeout: 30000 }
const ours = kind === 'ours'
const oursOnly = { ...limit, skip: ours ? false : 'LiveStore does otherwise' }

// An effect-3 cause is an object, an effect-4 cause a list of them.
const dialects = [
  { name: 'ids as text', id: (n) => String(n), cause: (cause) => cause },
  ...(ours
    ? [{ name: 'ids as numbers', id: (n) => n, cause: ([cause, ...rest]) => (assert.equal(rest.length, 0), cause) }]
    : []),
]

/** A test with a connection to a store of its own. */
const wired = (body, options) => async () => {
  const server = await theServer()
  const storeId = newStore()
  const wire = await Wire.open(server.ws, storeId, options)
  try {
    await body(wire, { server, storeId })
  } finally {
    await wire.close()
  }
}

async function backendIdOf(wire) {
  const id = wire.pull()
  const [{ backendId }] = await wire.pages(id)
  await wire.exit(id)
  return backendId
}

describe(`the wire of ${kind}`, () => {
  test(
    'WIRE-01 Ping is answered by Pong',
    limit,
    wired(async (wire) => {
      wire.send({ _tag: 'Ping' })
      assert.deepEqual(await wire.next(), { _tag: 'Pong' })
    }),
  )

  test('WIRE-02 requests that are not for syncing', limit, async () => {
    const { http: url } = await theServer()
    assert.equal((await http(`${url}/`)).status, 200)
    assert.equal((await http(`${url}/nothing`)).status, 400)
    assert.equal((await http(`${url}/nothing?storeId=s`)).status, 400)
    assert.equal((await http(`${url}/nothing?transport=ws`)).status, 400)
    assert.equal((await http(`${url}/nothing?storeId=s&transport=pigeon`)).status, 400)
    assert.equal((await http(`${url}/?storeId=s&transport=ws`)).status, 426)
    assert.equal((await refusedUpgrade(`${url.replace('http', 'ws')}/sync?storeId=s&transport=pigeon`)).status, 400)
  })

  test('any path will do', limit, async () => {
    const { ws } = await theServer()
    const wire = await Wire.open(`${ws}/some/where`, newStore())
    wire.send({ _tag: 'Ping' })
    assert.equal((await wire.next())._tag, 'Pong')
    await wire.close()
  })

  for (const { name, id: asId, cause } of dialects) {
    describe(name, () => {
      test(
        'WIRE-05 an empty store is one empty chunk, and a live pull stays open',
        limit,
        wired(async (wire) => {
          const id = wire.pull({ live: true, id: asId(0) })
          const { values, ...chunk } = await wire.next()
          assert.deepEqual(chunk, { _tag: 'Chunk', requestId: asId(0) })
          assert.equal(values.length, 1)
          const { backendId, ...value } = values[0]
          assert.deepEqual(value, { batch: [], pageInfo: { _tag: 'NoMore' } })
          assert.match(backendId, /^[A-Za-z0-9_-]{21}$/)
          wire.ack(id)
          assert.ok(await wire.quiet())
        }),
      )

      test(
        'a pull that is not live ends with an Exit after its last Ack',
        limit,
        wired(async (wire) => {
          const id = wire.pull({ id: asId(3) })
          await wire.pages(id)
          const exit = await wire.exit(id)
          assert.equal(exit._tag, 'Success')
          assert.equal(exit.value ?? null, null)
        }),
      )

      test(
        'WIRE-07 the counts of what remains go down to NoMore',
        limit,
        wired(async (wire) => {
          for (const n of range(5, (i) => i)) await push(wire, chain(n * 100, 100), { id: asId(n) })
          const pages = await wire.pages(wire.pull({ id: asId(10) }))
          assert.deepEqual(
            pages.flatMap((page) => page.batch.map((one) => one.eventEncoded)),
            chain(0, 500),
          )
          let left = 500
          for (const { batch, pageInfo } of pages) {
            assert.ok(batch.length <= 100)
            left -= batch.length
            assert.deepEqual(pageInfo, left ? { _tag: 'MoreKnown', remaining: left } : { _tag: 'NoMore' })
          }
        }),
      )

      test(
        'WIRE-08 the answer to a push is {}',
        limit,
        wired(async (wire) => {
          assert.deepEqual(await push(wire, chain(0, 2), { id: asId(0) }), { _tag: 'Success', value: {} })
          assert.deepEqual(await push(wire, [], { id: asId(1) }), { _tag: 'Success', value: {} })
        }),
      )

      test(
        'WIRE-09 a push is echoed to its sender and to others, with the time of its arrival',
        limit,
        wired(async (wire, { server, storeId }) => {
          const other = await Wire.open(server.ws, storeId)
          const pulls = [wire, other].map((one) => [one, one.pull({ live: true, id: asId(7) })])
          for (const [one, id] of pulls) await one.pages(id)
          await push(wire, chain(0, 2), { id: asId(8) })
          for (const [one, id] of pulls) {
            const { values } = await one.chunk(id)
            assert.equal(values.length, 1)
            const [{ batch, pageInfo, backendId }] = values
            assert.deepEqual(
              batch.map((item) => item.eventEncoded),
              chain(0, 2),
            )
            assert.deepEqual(pageInfo, { _tag: 'NoMore' })
            assert.ok(backendId)
            for (const { metadata } of batch) {
              assert.equal(metadata._tag, 'Some')
              assert.equal(metadata.value._tag, 'SyncMessage.SyncMetadata')
              assert.match(metadata.value.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
              assert.ok(Math.abs(Date.now() - Date.parse(metadata.value.createdAt)) < 60000)
            }
          }
          await other.close()
        }),
      )

      test(
        'WIRE-10 a push on an old parent is told the head itself',
        limit,
        wired(async (wire) => {
          await push(wire, chain(0, 3), { id: asId(0) })
          for (const parent of [0, 2]) {
            const exit = await wire.exit(wire.push(chain(parent, 1), { id: asId(parent + 1) }))
            assert.equal(exit._tag, 'Failure')
            const { _tag, error } = cause(exit.cause)
            assert.equal(_tag, 'Fail')
            assert.deepEqual(error, { _tag: 'ServerAheadError', minimumExpectedNum: 3, providedNum: parent })
          }
        }),
      )

      test(
        'WIRE-11 another backend id is a mismatch, for push and pull',
        limit,
        wired(async (wire) => {
          const backendId = await backendIdOf(wire)
          const asks = [
            wire.push(chain(0, 1), { backendId: some('other'), id: asId(1) }),
            wire.pull({ from: cursor('other', 0), id: asId(2) }),
          ]
          for (const id of asks) {
            const exit = await wire.exit(id)
            assert.equal(exit._tag, 'Failure')
            const { _tag, error } = cause(exit.cause)
            assert.equal(_tag, 'Fail')
            assert.deepEqual(error, { _tag: 'BackendIdMismatchError', expected: backendId, received: 'other' })
          }
          assert.deepEqual(await push(wire, chain(0, 1), { backendId: some(backendId), id: asId(3) }), {
            _tag: 'Success',
            value: {},
          })
        }),
      )

      test(
        'WIRE-27 a payload of another shape is a defect of that request alone',
        limit,
        wired(async (wire) => {
          const exit = await wire.exit(wire.request('SyncWsRpc.Push', { batch: 'none', backendId: none }, asId(0)))
          assert.equal(exit._tag, 'Failure')
          assert.equal(cause(exit.cause)._tag, 'Die')
          await push(wire, chain(0, 1), { id: asId(1) })
        }),
      )

      test(
        'WIRE-27 an interrupted live pull gets nothing more',
        limit,
        wired(async (wire) => {
          const id = wire.pull({ live: true, id: asId(0) })
          await wire.pages(id)
          wire.send({ _tag: 'Interrupt', requestId: id })
          if (ours) {
            const exit = await wire.exit(id)
            assert.equal(exit._tag, 'Failure')
            assert.equal(cause(exit.cause)._tag, 'Interrupt')
          } else {
            await sleep(200)
          }
          await push(wire, chain(0, 1), { id: asId(1) })
          assert.ok(await wire.quiet((frame) => frame._tag === 'Chunk'))
        }),
      )

      test(
        'an Interrupt for an unknown id changes nothing',
        limit,
        wired(async (wire) => {
          wire.send({ _tag: 'Interrupt', requestId: asId(99) })
          await push(wire, chain(0, 1), { id: asId(0) })
          assert.ok(await wire.quiet())
        }),
      )

      test(
        'requests of one connection may overlap',
        limit,
        wired(async (wire) => {
          const live = wire.pull({ live: true, id: asId(0) })
          await wire.pages(live)
          const pushes = range(20, (n) => wire.push(chain(n, 1), { id: asId(n + 1) }))
          for (const id of pushes) assert.equal((await wire.exit(id))._tag, 'Success')
          const seen = []
          while (seen.length < 20)
            seen.push(
              ...(await wire.chunk(live)).values.flatMap((page) => page.batch.map((one) => one.eventEncoded.seqNum)),
            )
          assert.deepEqual(
            seen,
            range(20, (i) => i + 1),
          )
        }),
      )
    })
  }

  test(
    'WIRE-13 an unknown request is a defect',
    limit,
    wired(async (wire) => {
      wire.request('SyncWsRpc.Fly', {})
      const frame = await wire.next((f) => f._tag === 'Defect' || f._tag === 'Exit')
      assert.equal(frame._tag, 'Defect')
    }),
  )

  test(
    'WIRE-14 what is not JSON is a defect',
    limit,
    wired(async (wire) => {
      wire.send('{"_tag":"Request","id":')
      assert.equal((await wire.next())._tag, 'Defect')
    }),
  )

  test(
    'WIRE-16 null stays null, and what is absent stays absent',
    limit,
    wired(async (wire, { server, storeId }) => {
      const [event] = chain(0, 1)
      const { args, ...bare } = event
      const values = [{ note: null }, {}, null]
      const batch = [...values.map((args) => ({ ...event, args })), bare].map((event, i) => ({
        ...event,
        seqNum: i + 1,
        parentSeqNum: i,
      }))
      await push(wire, batch)
      const { events } = await serverLog(server.ws, storeId)
      // LiveStore's server gives back null where there was nothing.
      assert.deepEqual(events, ours ? batch : batch.map((event) => ({ ...event, args: event.args ?? null })))
    }),
  )

  test(
    'WIRE-18 an offer to compress is tolerated',
    limit,
    wired(
      async (wire) => {
        await push(wire, chain(0, 100))
        assert.equal((await wire.pages(wire.pull()))[0].batch.length, 100)
      },
      { deflate: true },
    ),
  )

  test(
    'WIRE-19 a push of 890 kB is taken, and comes back',
    limit,
    wired(async (wire) => {
      const events = chain(0, 1, { args: () => ({ id: 'big', text: 'x'.repeat(890_000) }) })
      await push(wire, events)
      assert.deepEqual(
        (await wire.pages(wire.pull())).flatMap((page) => page.batch.map((one) => one.eventEncoded)),
        events,
      )
    }),
  )

  test(
    'WIRE-19 an event that no page can hold is refused, and the store goes on',
    oursOnly,
    wired(async (wire, { server, storeId }) => {
      const exit = await wire.exit(wire.push(chain(0, 1, { args: () => ({ id: 'big', text: 'x'.repeat(930_000) }) })))
      assert.equal(exit._tag, 'Failure')
      await push(wire, chain(0, 1))
      assert.equal((await serverLog(server.ws, storeId)).events.length, 1)
    }),
  )

  test(
    'WIRE-19 a frame of more than 1 MiB is refused or hung up on, and the store goes on',
    limit,
    wired(async (wire, { server, storeId }) => {
      const id = wire.push(chain(0, 1, { args: () => ({ id: 'big', text: 'x'.repeat(1_100_000) }) }))
      const exit = await Promise.race([wire.closed, wire.exit(id, 1000).catch(() => undefined)])
      assert.notEqual(exit?._tag, 'Success')
      const other = await Wire.open(server.ws, storeId)
      await push(other, chain(0, 1))
      await other.close()
      assert.equal((await serverLog(server.ws, storeId)).events.length, 1)
    }),
  )

  test('WIRE-20 the HTTP transport answers with an array of frames', limit, async () => {
    const { http: url } = await theServer()
    const storeId = newStore()
    assert.deepEqual(await httpCall(url, storeId, 'SyncHttpRpc.Ping'), [
      { _tag: 'Exit', requestId: '0', exit: { _tag: 'Success', value: { _tag: 'SyncMessage.Pong' } } },
    ])
    const [empty, end] = await httpCall(url, storeId, 'SyncHttpRpc.Pull', { cursor: none })
    assert.deepEqual(empty.values[0].batch, [])
    assert.equal(end.exit._tag, 'Success')
    const { backendId } = empty.values[0]
    const [pushed] = await httpCall(url, storeId, 'SyncHttpRpc.Push', {
      batch: chain(0, 100),
      backendId: some(backendId),
    })
    assert.deepEqual(pushed.exit, { _tag: 'Success', value: {} })
    await httpCall(url, storeId, 'SyncHttpRpc.Push', { batch: chain(100, 100), backendId: none })
    const frames = await httpCall(url, storeId, 'SyncHttpRpc.Pull', { cursor: cursor(backendId, 50) })
    assert.deepEqual(frames.at(-1)._tag, 'Exit')
    const pages = frames.slice(0, -1).flatMap((frame) => frame.values)
    assert.deepEqual(
      pages.flatMap((page) => page.batch.map((one) => one.eventEncoded)),
      chain(50, 150),
    )
    assert.deepEqual(pages.at(-1).pageInfo, { _tag: 'NoMore' })
    const [refused] = await httpCall(url, storeId, 'SyncHttpRpc.Push', { batch: chain(0, 1), backendId: none })
    assert.deepEqual(refused.exit.cause.error, { _tag: 'ServerAheadError', minimumExpectedNum: 200, providedNum: 0 })
  })

  test(
    'WIRE-20 what one transport pushes the other shows live',
    limit,
    wired(async (wire, { server, storeId }) => {
      const live = wire.pull({ live: true })
      await wire.pages(live)
      await httpCall(server.http, storeId, 'SyncHttpRpc.Push', { batch: chain(0, 1), backendId: none })
      assert.deepEqual((await wire.chunk(live)).values[0].batch[0].eventEncoded, chain(0, 1)[0])
    }),
  )

  test(
    'WIRE-22 another store has another backend id',
    limit,
    wired(async (wire, { server }) => {
      const other = await Wire.open(server.ws, newStore())
      assert.notEqual(await backendIdOf(wire), await backendIdOf(other))
      await other.close()
    }),
  )

  test('WIRE-21 a restart keeps the backend id and the log', { timeout: 60000 }, async () => {
    const server = await startServer(kind)
    try {
      const storeId = newStore()
      const wire = await Wire.open(server.ws, storeId)
      await push(wire, chain(0, 3))
      const before = await serverLog(server.ws, storeId)
      await server.kill()
      await server.restart()
      assert.deepEqual(await serverLog(server.ws, storeId), before)
      assert.equal(before.events.length, 3)
    } finally {
      await server.stop()
    }
  })
})

describe(`${kind} keeps a log without holes`, () => {
  const events = chain(0, 3)
  const bad = [
    ['a hole in the batch', [events[0], events[2]]],
    ['a number twice', [events[0], events[0]]],
    ['numbers that go down', [events[1], events[0]]],
    ['a parent that is not the event before', [events[0], { ...events[1], parentSeqNum: 0 }]],
  ]
  for (const [what, batch] of bad) {
    test(
      `a push with ${what} is refused whole`,
      oursOnly,
      wired(async (wire, { server, storeId }) => {
        const exit = await wire.exit(wire.push(batch))
        assert.equal(exit._tag, 'Failure')
        assert.deepEqual((await serverLog(server.ws, storeId)).events, [])
      }),
    )
  }

  test(
    'a live pull that starts while others push gets each event once, in order',
    oursOnly,
    wired(async (wire, { server, storeId }) => {
      for (const n of range(6, (i) => i)) await push(wire, chain(n * 100, 100))
      const reader = await Wire.open(server.ws, storeId)
      const live = reader.pull({ live: true })
      const seen = []
      let head = 600
      // One push for each page that is read, so that some fall between the pages of the backlog.
      while (seen.length < head) {
        const { values } = await reader.chunk(live)
        seen.push(...values.flatMap((page) => page.batch.map((one) => one.eventEncoded.seqNum)))
        if (head < 620) await push(wire, chain(head++, 1))
        reader.ack(live)
      }
      assert.deepEqual(
        seen,
        range(620, (i) => i + 1),
      )
      assert.ok(await reader.quiet((frame) => frame._tag === 'Chunk'))
      await reader.close()
    }),
  )
})
