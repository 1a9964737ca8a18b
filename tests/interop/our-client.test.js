// Our client (`livestore sync`) against the server of SERVER, alone and in a fleet with LiveStore 0.4.0 clients.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'

import { assertSameEvents, converged } from './lib/check.js'
import { run } from './lib/children.js'
import { assertMarks, completed, created, marks, numbered, updated } from './lib/events.js'
import { kind, limit, newDir, newStore, ours, range, sleep, soak, theirs, theServer } from './lib/fixture.js'
import { serverLog } from './lib/frames.js'
import { makeLink } from './lib/link.js'
import { livestore } from './lib/ours.js'
import { startServer } from './lib/servers.js'

for (const transport of ['ws', 'http']) {
  describe(`our client on ${kind}, over ${transport}`, () => {
    test('a store that is synced is on the server, and on the next client', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const [a, b] = [await ours(storeId, 'a'), await ours(storeId, 'b')]
      await a.commit(created('t1'), created('t2'), completed('t2'))
      await a.sync(server[transport])
      await b.sync(server[transport])
      const { events, rows } = await converged(server, storeId, [a, b])
      assert.equal(events.length, 3)
      assert.deepEqual(
        rows.map((row) => [row.id, row.completed]),
        [
          ['t1', 0],
          ['t2', 1],
        ],
      )
      const status = await b.status()
      assert.deepEqual([status.head, status.upstreamHead, status.pending], ['e3', 'e3', 0])
    })

    test('an empty store is in sync at once, and syncing again changes nothing', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const a = await ours(storeId, 'a')
      await a.sync(server[transport])
      await a.commit(created('t1'))
      await a.sync(server[transport])
      await a.sync(server[transport])
      const { events } = await converged(server, storeId, [a])
      assert.equal(events.length, 1)
    })

    test('what two wrote without knowing of each other is rebased', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const [a, b] = [await ours(storeId, 'a'), await ours(storeId, 'b')]
      await a.commit(created('shared'))
      await a.sync(server[transport])
      await b.sync(server[transport])
      await a.commit(created('a1'), updated('shared', 'by a'))
      await b.commit(updated('shared', 'by b'), created('b1'))
      await a.sync(server[transport])
      await b.sync(server[transport])
      await a.sync(server[transport])
      const { events, rows } = await converged(server, storeId, [a, b])
      assert.deepEqual(
        events.map((event) => event.clientId),
        ['a', 'a', 'a', 'b', 'b'],
      )
      assert.equal(rows.find((row) => row.id === 'shared').text, 'by b')
    })

    test('3,000 events go up in batches and come down in pages', { timeout: 120000 }, async () => {
      const server = await theServer()
      const storeId = newStore()
      const [a, b] = [await ours(storeId, 'a'), await ours(storeId, 'b')]
      await a.commit(...numbered(3000))
      await a.sync(server[transport])
      await b.sync(server[transport])
      const { rows } = await converged(server, storeId, [a, b])
      assert.equal(rows.length, 3000)
    })

    test('arguments arrive as they were written', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const [a, b] = [await ours(storeId, 'a'), await ours(storeId, 'b')]
      await a.commit(...marks)
      await a.sync(server[transport])
      await b.sync(server[transport])
      const { events } = await converged(server, storeId, [a, b])
      assertMarks(events)
    })
  })
}

describe(`our client on ${kind}`, () => {
  test('client-only events stay where they are', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const a = await ours(storeId, 'a')
    const draft = (text) => ({ name: 'v1.DraftSet', args: { id: 'd', text } })
    await a.commit(draft('one'), created('t1'), draft('two'))
    await a.sync(server.ws)
    const { events } = await converged(server, storeId, [a])
    assert.deepEqual(
      events.map((event) => event.name),
      ['v1.TodoCreated'],
    )
    assert.deepEqual(await a.query('SELECT text FROM drafts'), [{ text: 'two' }])
  })

  test('a server that is not there is an error that names it', limit, async () => {
    const a = await ours(newStore(), 'a')
    const { code, err } = await a.sync('ws://127.0.0.1:1', { allow: [1] })
    assert.equal(code, 1)
    assert.match(err, /127\.0\.0\.1/)
  })

  test(
    "a server's store is saved to a file, and put into another store, where LiveStore finds it",
    limit,
    async () => {
      const server = await theServer()
      const [from, to] = [newStore(), newStore()]
      const their = await theirs(0, from, server)
      await their.commit(...numbered(250))
      await their.synced(250)
      await their.close()
      const file = path.join(newDir(), 'saved.json')
      await run(livestore, ['export', server.ws, file, '--store-id', from])
      await run(livestore, ['import', server.ws, file, '--store-id', to, '--force'])
      assertSameEvents(
        (await serverLog(server.ws, to)).events,
        (await serverLog(server.ws, from)).events,
        'the other store',
      )
      const other = await theirs(1, to, server)
      await other.synced(250)
      assert.equal((await converged(server, to, [other])).rows.length, 250)
      await other.close()
    },
  )

  // A client that had synced t1, and made t2 since, meets a server whose disk was wiped.
  const afterWipe = (body) => async () => {
    const server = await startServer(kind)
    try {
      const storeId = newStore()
      const a = await ours(storeId, 'a')
      await a.commit(created('t1'))
      await a.sync(server.ws)
      await server.stop()
      await server.restart({ wipe: true })
      await a.commit(created('t2'))
      await body(a, server, storeId)
    } finally {
      await server.stop()
    }
  }
  // LiveStore's server takes ten seconds for it, and what is tested is the client.
  const slow = { timeout: 90000, skip: kind === 'wrangler' && !soak ? 'with SOAK=1' : false }

  test(
    'a wiped server: by default the old log is kept aside, and what was not sent is a conflict',
    slow,
    afterWipe(async (a, server, storeId) => {
      await a.sync(server.ws)
      const { events } = await converged(server, storeId, [a])
      assert.deepEqual(events, [])
      assert.equal(readdirSync(a.dir).filter((name) => /^log-.+\.db$/.test(name)).length, 1)
      const conflicts = await a.conflicts()
      assert.equal(conflicts.length, 1)
      assert.match(JSON.stringify(conflicts), /t2/)
      await a.commit(created('t3'))
      await a.sync(server.ws)
      assert.deepEqual(
        (await converged(server, storeId, [a])).rows.map((row) => row.id),
        ['t3'],
      )
    }),
  )

  test(
    'a wiped server: --backend stop changes nothing',
    slow,
    afterWipe(async (a, server, storeId) => {
      const { err } = await a.sync(server.ws, { options: ['--backend', 'stop'], allow: [1] })
      assert.match(err, /the server/)
      assert.deepEqual(
        (await a.todos()).map((row) => row.id),
        ['t1', 't2'],
      )
      assert.deepEqual((await serverLog(server.ws, storeId)).events, [])
    }),
  )

  test(
    'a wiped server: --backend upload gives it all there is',
    slow,
    afterWipe(async (a, server, storeId) => {
      await a.sync(server.ws, { options: ['--backend', 'upload'] })
      const { rows } = await converged(server, storeId, [a])
      assert.deepEqual(
        rows.map((row) => row.id),
        ['t1', 't2'],
      )
    }),
  )
})

/** Waits until a client of LiveStore's is synced. On its own server it may stop pushing until it is told of another event
 * (README.md): then `write` gives it one. */
async function syncedAtLast(client, head, write) {
  const synced = () => client.synced(head(), 40000)
  await synced().catch(async (error) => {
    if (kind !== 'wrangler') throw error
    await write()
    await synced()
  })
}

describe(`a fleet of LiveStore's clients and ours on ${kind}`, () => {
  test('each sees what the other wrote', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const their = await theirs(0, storeId, server)
    const our = await ours(storeId, 'ours')
    await their.commit(created('theirs'))
    await their.synced(1)
    await our.commit(created('ours'), updated('ours', 'first'))
    await our.sync(server.ws)
    await their.synced(3)
    await their.commit(updated('ours', 'changed there'), completed('theirs'))
    await their.synced(5)
    await our.sync(server.ws)
    const { events, rows } = await converged(server, storeId, [their, our])
    assert.deepEqual(
      events.map((event) => event.clientId),
      ['theirs0', 'ours', 'ours', 'theirs0', 'theirs0'],
    )
    assert.deepEqual(rows, [
      { id: 'ours', text: 'changed there', completed: 0 },
      { id: 'theirs', text: 'text of theirs', completed: 1 },
    ])
    await their.close()
  })

  test('two of each, writing offline and online, end with the same log and rows', { timeout: 300000 }, async () => {
    const server = await theServer()
    const storeId = newStore()
    const rounds = soak ? 8 : 2
    const link = await makeLink(server.port)
    const theirFleet = [await theirs(0, storeId, server, { url: link.url }), await theirs(1, storeId, server)]
    const ourFleet = [await ours(storeId, 'ours0'), await ours(storeId, 'ours1')]
    const all = [...theirFleet, ...ourFleet]
    let extra = 0
    const writeMore = async () => {
      await ourFleet[1].commit(created(`extra-${++extra}`))
      await ourFleet[1].sync(server.ws)
    }
    await theirFleet[0].commit(created('shared'))
    await theirFleet[0].synced(1)
    for (const our of ourFleet) await our.sync(server.ws)
    for (const round of range(rounds, (i) => i)) {
      link.cut()
      for (const one of all) {
        await one.commit(
          created(`${one.clientId}-${round}`),
          updated('shared', `${one.clientId} in ${round}`),
          completed('shared'),
        )
        // Their second client and our first go online one after the other, the others wait.
        if (one === theirFleet[1]) await one.synced()
        if (one === ourFleet[0]) await one.sync(server.ws)
      }
      link.heal()
      await ourFleet[1].sync(server.ws)
      for (const their of theirFleet) await syncedAtLast(their, () => 1 + 12 * (round + 1) + extra, writeMore)
    }
    for (const their of theirFleet) await their.synced(1 + 12 * rounds + extra)
    for (const our of ourFleet) await our.sync(server.ws)
    const { events, rows } = await converged(server, storeId, all)
    assert.equal(events.length, 1 + 12 * rounds + extra)
    assert.equal(rows.length, 1 + 4 * rounds + extra)
    await Promise.all(theirFleet.map((their) => their.close()))
    link.close()
  })

  test(
    'our live client takes and gives while LiveStore writes, through a link that is cut',
    { timeout: 90000 },
    async () => {
      const server = await theServer()
      const storeId = newStore()
      const link = await makeLink(server.port)
      const their = await theirs(0, storeId, server)
      const our = await ours(storeId, 'ours')
      await our.commit(created('before'))
      const live = our.syncLive(link.url)
      await their.synced(1)
      await their.commit(created('there'))
      await their.synced(2)
      link.cut()
      await live.commit(created('offline'))
      await their.commit(created('meanwhile'))
      await their.synced(3)
      link.heal()
      await their.synced(4, 20000)
      await live.end()
      const { rows } = await converged(server, storeId, [their, our])
      assert.deepEqual(
        rows.map((row) => row.id),
        ['before', 'meanwhile', 'offline', 'there'],
      )
      await their.close()
      link.close()
    },
  )

  test('all write at once, and end with the same log and rows', { timeout: 120000 }, async () => {
    const server = await theServer()
    const storeId = newStore()
    const their = [await theirs(0, storeId, server), await theirs(1, storeId, server)]
    const our = [await ours(storeId, 'ours0'), await ours(storeId, 'ours1')]
    const live = our.map((store) => store.syncLive(server.ws))
    const count = soak ? 200 : 30
    const write = async (name, commit, pause) => {
      for (const n of range(count, (i) => i)) {
        await commit(created(`${name}-${n}`), completed(`${name}-${n}`))
        await pause()
      }
    }
    await Promise.all([
      // A LiveStore session that commits while a rebase is on its way may apply an event twice: one at a time.
      ...their.map((client) =>
        write(
          client.clientId,
          (...events) => client.commit(...events),
          () => client.synced(),
        ),
      ),
      ...live.map((client, i) =>
        write(
          our[i].clientId,
          (...events) => client.commit(...events),
          () => sleep(20),
        ),
      ),
    ])
    await Promise.all(live.map((client) => client.end()))
    for (const store of our) await store.sync(server.ws)
    const { events, rows } = await converged(server, storeId, [...their, ...our])
    assert.equal(events.length, 4 * 2 * count)
    assert.equal(rows.length, 4 * count)
    assert.ok(rows.every((row) => row.completed === 1))
    await Promise.all(their.map((client) => client.close()))
  })
})
