// What goes wrong in a fleet, on the server of SERVER: processes that die, events that others cannot apply or do not
// know, events that are large, connections that idle.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { assertSameEvents, converged } from './lib/check.js'
import { completed, created, numbered, updated } from './lib/events.js'
import { kind, limit, newStore, ours, range, sleep, soak, theirs, theServer, until } from './lib/fixture.js'
import { chain, push, serverLog, Wire } from './lib/frames.js'
import { startServer } from './lib/servers.js'

// LiveStore's server under wrangler loses what it had accepted last.
const oursOnly = { ...limit, skip: kind === 'ours' ? false : 'LiveStore does otherwise' }
const withSoak = { timeout: 120000, skip: soak ? false : 'with SOAK=1' }

describe(`processes that die, on ${kind}`, () => {
  test('our client killed while it pushes sends the rest later, and nothing twice', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const a = await ours(storeId, 'a')
    await a.commit(...numbered(3000))
    for (const delay of [8, 16, 24, 40, 80]) {
      const live = a.syncLive(server.ws)
      await sleep(delay)
      await live.kill()
    }
    await a.sync(server.ws)
    const { events } = await converged(server, storeId, [a])
    assert.equal(events.length, 3000)
  })

  test('our client killed while it pulls takes the rest later', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const [a, b] = [await ours(storeId, 'a'), await ours(storeId, 'b')]
    await a.commit(...numbered(2000))
    await a.sync(server.ws)
    await b.commit(created('b'))
    for (const delay of [8, 16, 24, 40]) {
      const live = b.syncLive(server.ws)
      await sleep(delay)
      await live.kill()
    }
    await b.sync(server.ws)
    await a.sync(server.ws)
    const { rows } = await converged(server, storeId, [a, b])
    assert.equal(rows.length, 2001)
  })

  test('a server that is killed again and again loses nothing that clients know to be there', oursOnly, async () => {
    const server = await startServer(kind)
    try {
      const storeId = newStore()
      const stores = [await ours(storeId, 'a'), await ours(storeId, 'b')]
      const live = stores.map((store) => store.syncLive(server.ws))
      let writing = true
      const writers = live.map(async (client, i) => {
        for (let n = 0; writing; n++) {
          client.commit(created(`${stores[i].clientId}${n}`))
          await sleep(5)
        }
      })
      let known = []
      for (const round of range(soak ? 20 : 4, (i) => i)) {
        await sleep(400 + 50 * round)
        known = (await serverLog(server.ws, storeId)).events
        await server.kill()
        await server.restart()
        const after = (await serverLog(server.ws, storeId)).events
        assertSameEvents(after.slice(0, known.length), known, 'what was known')
      }
      writing = false
      await Promise.all(writers)
      await Promise.all(live.map((client) => client.end()))
      for (const store of stores) await store.sync(server.ws)
      const { events, rows } = await converged(server, storeId, stores)
      assert.ok(known.length > 0)
      assert.equal(rows.length, events.length)
    } finally {
      await server.stop()
    }
  })
})

describe(`events that not everybody can take, on ${kind}`, () => {
  test('one that no schema knows stays in all logs and changes nothing', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const [their, our] = [await theirs(0, storeId, server), await ours(storeId, 'ours')]
    await their.commit(created('before'))
    await their.synced(1)
    const wire = await Wire.open(server.ws, storeId)
    await push(wire, [{ ...chain(1, 1)[0], name: 'v9.FromTheFuture', args: { any: ['thing'] } }])
    await wire.close()
    await our.commit(created('after'))
    await our.sync(server.ws)
    await their.synced(3)
    const { events, rows } = await converged(server, storeId, [their, our])
    assert.equal(events[1].name, 'v9.FromTheFuture')
    assert.deepEqual(
      rows.map((row) => row.id),
      ['after', 'before'],
    )
    await their.close()
  })

  test('one that breaks a key is passed over by our clients in the same way', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const wire = await Wire.open(server.ws, storeId)
    const twice = (text) => ({ args: () => ({ id: 'same', text }) })
    await push(wire, [...chain(0, 1, twice('first')), ...chain(1, 1, twice('second')), ...chain(2, 1)])
    await wire.close()
    const stores = [await ours(storeId, 'a'), await ours(storeId, 'b')]
    for (const store of stores) await store.sync(server.ws)
    await stores[0].commit(updated('same', 'third'))
    for (const store of stores) await store.sync(server.ws)
    const { rows } = await converged(server, storeId, stores)
    assert.deepEqual(
      rows.map((row) => [row.id, row.text]),
      [
        ['same', 'third'],
        ['t3', 'x'],
      ],
    )
    for (const store of stores) assert.equal((await store.status()).failed, 1)
  })

  test('one of ours that can no longer be is set aside, and the rest is sent', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const [a, b] = [await ours(storeId, 'a'), await ours(storeId, 'b')]
    await a.commit(created('same', 'by a'))
    await a.sync(server.ws)
    await b.commitOne(created('same', 'by b'))
    await b.commitOne(created('other'))
    await b.commitOne(completed('other'))
    const { err } = await b.sync(server.ws)
    assert.match(err, /conflicts/)
    await a.sync(server.ws)
    const { events, rows } = await converged(server, storeId, [a, b])
    assert.deepEqual(
      events.map((event) => event.args.id),
      ['same', 'other', 'other'],
    )
    assert.deepEqual(
      rows.map((row) => [row.id, row.text, row.completed]),
      [
        ['other', 'text of other', 1],
        ['same', 'by a', 0],
      ],
    )
    const conflicts = await b.conflicts()
    assert.equal(conflicts.length, 1)
    assert.match(JSON.stringify(conflicts), /by b/)
  })
})

describe(`large events, on ${kind}`, () => {
  test('800 kB pass between LiveStore and us, both ways', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const [their, our] = [await theirs(0, storeId, server), await ours(storeId, 'ours')]
    const text = (letter) => letter.repeat(800_000)
    await their.commit(created('t', text('t')))
    await their.synced(1)
    await our.commit(created('o', text('o')))
    await our.sync(server.ws)
    await their.synced(2)
    const { rows } = await converged(server, storeId, [their, our])
    assert.deepEqual(
      rows.map((row) => row.text.length),
      [800_000, 800_000],
    )
    await their.close()
  })

  test('a commit that could never be sent is refused at once', limit, async () => {
    const our = await ours(newStore(), 'ours')
    await assert.rejects(our.commit(created('big', 'x'.repeat(1_000_000))), /bytes/)
    assert.deepEqual(await our.log(), [])
  })
})

describe(`connections that idle, on ${kind}`, () => {
  test('LiveStore and we are still there after a while', withSoak, async () => {
    const server = await theServer()
    const storeId = newStore()
    const [their, our] = [await theirs(0, storeId, server), await ours(storeId, 'ours')]
    const live = our.syncLive(server.ws)
    await their.synced()
    await sleep(70000)
    await their.commit(created('late'))
    live.commit(created('later'))
    await until(async () => (await serverLog(server.ws, storeId)).events.length === 2, 'both are sent', 5000)
    await live.end()
    await converged(server, storeId, [their, our])
    await their.close()
  })
})
