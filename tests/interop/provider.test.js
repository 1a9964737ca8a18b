// What LiveStore asks of a sync provider, in the terms of its client: @livestore/sync-cf against the server of SERVER.
// The numbers are those of LiveStore's conformance suite as restated for this project.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { kind, newStore, range, sleep, theServer } from './lib/fixture.js'
import { chain, http } from './lib/frames.js'
import { makeLink } from './lib/link.js'
import { Provider } from './lib/provider.js'
import { startServer } from './lib/servers.js'

const limit = { timeout: 30000 }
const numbers = (events) => events.map((event) => event.seqNum)
const batches = (items) => items.map((item) => item.batch.map((one) => one.eventEncoded))

/** `count` events of about `bytes` each. */
const heavy = (count, bytes) => chain(0, count, { args: (n) => ({ id: `t${n}`, text: 'x'.repeat(bytes) }) })

function slices(events, size) {
  return range(Math.ceil(events.length / size), (i) => events.slice(i * size, (i + 1) * size))
}

for (const transport of ['ws', 'http']) {
  const withProvider = (body) => async () => {
    const server = await theServer()
    const storeId = newStore()
    const open = () => Provider.open(transport, transport === 'ws' ? server.ws : server.http, storeId)
    const provider = await open()
    const others = []
    try {
      await body(provider, async () => (others.push(await open()), others.at(-1)))
    } finally {
      await Promise.all([provider, ...others].map((one) => one.close()))
    }
  }

  describe(`the provider of sync-cf on ${kind}, over ${transport}`, () => {
    test(
      'SP-01 has connect, pull, push and isConnected',
      limit,
      withProvider(async ({ backend }) => {
        for (const name of ['connect', 'pull', 'push', 'ping', 'isConnected']) assert.ok(backend[name], name)
      }),
    )

    test(
      'SP-02 answers a ping',
      limit,
      withProvider((provider) => provider.ping()),
    )

    test(
      'SP-03 connecting makes isConnected true',
      limit,
      withProvider(async (provider) => {
        await provider.connect()
        assert.equal(await provider.isConnected(), true)
      }),
    )

    test(
      'SP-05 the first item of a live pull of an empty store is NoMore',
      limit,
      withProvider(async (provider) => {
        const [item] = await provider.pull({ live: true, take: 1 })
        assert.deepEqual([item.batch, item.pageInfo._tag], [[], 'NoMore'])
      }),
    )

    test(
      'SP-06 a live pull that was idle for 800 ms gets the next event',
      limit,
      withProvider(async (provider) => {
        const live = provider.live()
        await sleep(800)
        await provider.push(chain(0, 1))
        assert.deepEqual(await live.reach(1), chain(0, 1))
      }),
    )

    test(
      'SP-08 of eight pushes on one parent exactly one is taken',
      limit,
      withProvider(async (provider, another) => {
        const contenders = [provider, ...(await Promise.all(range(7, another)))]
        const results = await Promise.allSettled(
          contenders.map((one, i) => one.push(chain(0, 1, { clientId: `c${i}` }))),
        )
        const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason)
        assert.equal(refused.length, 7)
        for (const reason of refused) {
          assert.equal(reason._tag, 'ServerAheadError')
          assert.deepEqual([reason.minimumExpectedNum, reason.providedNum], [1, 0])
        }
        const winner = results.findIndex((result) => result.status === 'fulfilled')
        assert.deepEqual(batches(await provider.pull()).flat(), chain(0, 1, { clientId: `c${winner}` }))
      }),
    )

    test(
      'SP-09 sixty events of 120 kB come back as they went',
      limit,
      withProvider(async (provider) => {
        const events = heavy(60, 120_000)
        for (const part of slices(events, 6)) await provider.push(part)
        const pulled = batches(await provider.pull())
        assert.deepEqual(pulled.flat(), events)
        assert.ok(pulled.length > 1)
      }),
    )

    test(
      'SP-10 1,800 events of 1 kB come in more than one batch',
      limit,
      withProvider(async (provider) => {
        const events = heavy(1800, 1000)
        for (const part of slices(events, 90)) await provider.push(part)
        const pulled = batches(await provider.pull())
        assert.deepEqual(pulled.flat(), events)
        assert.ok(pulled.length > 1)
        assert.ok(pulled.every((batch) => batch.length <= 100))
      }),
    )

    test(
      'SP-12 a pull that is not live returns two pushes',
      limit,
      withProvider(async (provider) => {
        await provider.push(chain(0, 1))
        await provider.push(chain(1, 1))
        assert.deepEqual(numbers(batches(await provider.pull()).flat()), [1, 2])
      }),
    )

    test(
      'a pull after an event returns what follows it',
      limit,
      withProvider(async (provider) => {
        await provider.push(chain(0, 5))
        await provider.pull() // a cursor needs the backend's id, which a pull brings
        assert.deepEqual(numbers(batches(await provider.pull({ after: 3 })).flat()), [4, 5])
        assert.deepEqual(batches(await provider.pull({ after: 5 })), [[]])
      }),
    )

    test(
      'SP-14 five pushes, and a pull yields them',
      limit,
      withProvider(async (provider) => {
        for (const n of range(5, (i) => i)) await provider.push(chain(n, 1))
        assert.deepEqual(batches(await provider.pull()).flat(), chain(0, 5))
      }),
    )

    test(
      'SP-15 the first event may be numbered 100',
      limit,
      withProvider(async (provider) => {
        const first = { ...chain(99, 1)[0], parentSeqNum: 0 }
        await provider.push([first])
        await provider.push(chain(100, 2))
        assert.deepEqual(numbers(batches(await provider.pull()).flat()), [100, 101, 102])
      }),
    )

    test('SP-17 BackendIdMismatchError keeps its tag and its fields', limit, async () => {
      const server = await startServer(kind)
      try {
        const provider = await Provider.open(transport, transport === 'ws' ? server.ws : server.http, newStore())
        await provider.push(chain(0, 1))
        await provider.pull()
        await server.stop()
        await server.restart({ wipe: true })
        // A socket that has just died fails the first request in another way.
        const error = await mismatch(() => provider.pull({ after: 1 }))
        assert.equal(error._tag, 'BackendIdMismatchError')
        assert.notEqual(error.expected, error.received)
        assert.ok(error.expected.length > 0 && error.received.length > 0)
        await provider.close()
      } finally {
        await server.stop()
      }
    })
  })
}

async function mismatch(pull) {
  for (let tries = 0; tries < 20; tries++) {
    const error = await pull().then(
      () => assert.fail('the pull succeeded'),
      (error) => error,
    )
    if (error._tag === 'BackendIdMismatchError') return error
    await sleep(500)
  }
  assert.fail('no BackendIdMismatchError')
}

describe(`the provider of sync-cf on ${kind}`, () => {
  test('SP-13 a live pull delivers again after the link was down', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const link = await makeLink(server.port)
    const [cut, pusher] = [
      await Provider.open('ws', link.url, storeId),
      await Provider.open('ws', server.ws, storeId),
    ]
    await cut.pull({ live: true, take: 1 })
    link.cut()
    await sleep(100)
    await pusher.push(chain(0, 1))
    link.heal()
    // As LiveStore's leader does: it asks again, and the client waits until the socket is up.
    const live = async () => {
      for (;;) {
        const items = await cut.pull({ live: true, take: 1 }).catch((error) => assert.ok(error._tag))
        if (items) return items
        await sleep(100)
      }
    }
    assert.deepEqual(batches(await live()), [chain(0, 1)])
    await Promise.all([cut.close(), pusher.close()])
    link.close()
  })

  test('a framed ping over HTTP is answered as JSON', limit, async () => {
    const server = await theServer()
    const answer = await http(`${server.http}/?storeId=${newStore()}&transport=http`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        _tag: 'Request',
        id: '0',
        tag: 'SyncHttpRpc.Ping',
        payload: { storeId: 'x' },
        headers: [],
      }),
    })
    assert.equal(answer.status, 200)
    assert.match(answer.headers['content-type'], /^application\/json/)
    assert.equal(JSON.parse(answer.text)[0].exit.value._tag, 'SyncMessage.Pong')
  })
})
