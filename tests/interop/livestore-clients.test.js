// LiveStore 0.4.0 clients against the server of SERVER. With SERVER=wrangler it shows that these tests describe
// LiveStore itself.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { converged } from './lib/check.js'
import { assertMarks, completed, created, marks, numbered, updated } from './lib/events.js'
import { device, kind, limit, newDir, newStore, range, soak, theirs, theServer, until } from './lib/fixture.js'
import { makeLink } from './lib/link.js'
import { startServer } from './lib/servers.js'

for (const transport of ['ws', 'http']) {
  describe(`LiveStore clients on ${kind}, over ${transport}`, () => {
    test('WIRE-23 a commit on one is seen on the other, and both are synced', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const a = await theirs(0, storeId, server, { transport })
      const b = await theirs(1, storeId, server, { transport })
      const seen = b.seen('t1')
      await a.commit(created('t1'), created('t2'))
      await seen
      await b.commit(completed('t1'))
      await a.synced(3)
      const { rows } = await converged(server, storeId, [a, b])
      assert.deepEqual(
        rows.map((row) => [row.id, row.completed]),
        [
          ['t1', 1],
          ['t2', 0],
        ],
      )
      await Promise.all([a.close(), b.close()])
    })

    test('arguments arrive as they were written', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const a = await theirs(0, storeId, server, { transport })
      await a.commit(...marks)
      const b = await theirs(1, storeId, server, { transport })
      const { events } = await converged(server, storeId, [a, b])
      assertMarks(events)
      await Promise.all([a.close(), b.close()])
    })

    test('two that write at the same time end with the same log and rows', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const a = await theirs(0, storeId, server, { transport })
      await a.commit(created('shared'))
      await a.synced(1)
      const b = await theirs(1, storeId, server, { transport })
      await b.synced(1)
      // One commit at a time: a LiveStore session that commits while a rebase is on its way may apply an event twice.
      for (const round of range(3, (i) => i)) {
        const write = ({ clientId }) =>
          range(4, (i) => [created(`${clientId}-${round}-${i}`), updated('shared', `${clientId} ${i}`)])
        await Promise.all([a, b].map((client) => client.commit(...write(client).flat())))
        await Promise.all([a, b].map((client) => client.synced(1 + 16 * (round + 1))))
      }
      const { events, rows } = await converged(server, storeId, [a, b])
      assert.equal(events.length, 49)
      assert.equal(rows.length, 25)
      await Promise.all([a.close(), b.close()])
    })
  })
}

describe(`LiveStore clients on ${kind}`, () => {
  test('what was written offline arrives when the link is back, rebased on what others wrote', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const link = await makeLink(server.port)
    const a = await theirs(0, storeId, link, { url: link.url })
    const b = await theirs(1, storeId, server)
    await a.commit(created('shared'))
    await Promise.all([a.synced(1), b.synced(1)])
    link.cut()
    await a.commit(created('off1'), updated('shared', 'by a'))
    await b.commit(created('on1'), updated('shared', 'by b'))
    await b.synced(3)
    assert.equal((await a.states()).leader.pending, 2)
    link.heal()
    await a.synced(5)
    await b.synced(5)
    const { rows } = await converged(server, storeId, [a, b])
    assert.equal(rows.find((row) => row.id === 'shared').text, 'by a')
    await Promise.all([a.close(), b.close()])
    link.close()
  })

  test('3,000 events reach a client that comes later, page by page', { timeout: 120000 }, async () => {
    const server = await theServer()
    const storeId = newStore()
    const a = await theirs(0, storeId, server)
    const count = kind === 'wrangler' && !soak ? 600 : 3000
    await a.commitMany(numbered(count), 100)
    await a.synced(count, 90000)
    const b = await theirs(1, storeId, server)
    await b.synced(count, 60000)
    const { rows } = await converged(server, storeId, [a, b])
    assert.equal(rows.length, count)
    await Promise.all([a.close(), b.close()])
  })

  test('client-only events stay where they are', limit, async () => {
    const server = await theServer()
    const storeId = newStore()
    const [a, b] = [await theirs(0, storeId, server), await theirs(1, storeId, server)]
    await a.commit({ name: 'v1.DraftSet', args: { id: 'd', text: 'draft' } })
    await a.commit(created('t1'))
    await a.commit({ name: 'v1.DraftSet', args: { id: 'd', text: 'later' } })
    await b.synced(1)
    const { events } = await converged(server, storeId, [a, b])
    assert.deepEqual(
      events.map((event) => event.name),
      ['v1.TodoCreated'],
    )
    assert.deepEqual(await a.query('SELECT text FROM drafts'), [{ text: 'later' }])
    assert.deepEqual(await b.query('SELECT text FROM drafts'), [])
    await Promise.all([a.close(), b.close()])
  })

  test('a client that was killed comes back with what it had kept, and goes on', limit, async () => {
    const server = await theServer()
    const [storeId, dir] = [newStore(), newDir()]
    const link = await makeLink(server.port)
    let a = await theirs(2, storeId, link, { url: link.url, dir })
    await a.commit(created('t1'))
    await a.synced(1)
    link.cut()
    await a.commit(created('t2'))
    await until(async () => (await a.states()).leader.pending === 1, 'the leader has it')
    await device(2).restart()
    link.heal()
    a = await theirs(2, storeId, link, { url: link.url, dir })
    const b = await theirs(1, storeId, server)
    await b.synced(2)
    const { rows } = await converged(server, storeId, [a, b])
    assert.deepEqual(
      rows.map((row) => row.id),
      ['t1', 't2'],
    )
    await Promise.all([a.close(), b.close()])
    link.close()
  })
})

describe(`LiveStore clients when the server (${kind}) restarts`, () => {
  for (const how of ['stop', 'kill']) {
    test(
      `clients go on after ${how === 'stop' ? 'a clean stop' : 'kill -9'}, and nothing is lost`,
      { timeout: 90000 },
      async () => {
        const server = await startServer(kind)
        try {
          const storeId = newStore()
          const [a, b] = [await theirs(0, storeId, server), await theirs(1, storeId, server)]
          await a.commit(created('before'))
          await Promise.all([a.synced(1), b.synced(1)])
          await server[how]()
          await a.commit(created('meanwhile'))
          await server.restart()
          await Promise.all([a.synced(2, 40000), b.synced(2, 40000)])
          await b.commit(created('after'))
          await Promise.all([a.synced(3), b.synced(3)])
          await converged(server, storeId, [a, b])
          await Promise.all([a.close(), b.close()])
        } finally {
          await server.stop()
        }
      },
    )
  }

  test(
    'a server whose disk was wiped is another backend: the client is told, and starts anew',
    { timeout: 90000 },
    async () => {
      const server = await startServer(kind)
      try {
        const [storeId, dir] = [newStore(), newDir()]
        const a = await theirs(3, storeId, server, { dir })
        await a.commit(created('t1'))
        await a.synced(1)
        await server.stop()
        await server.restart({ wipe: true })
        // LiveStore's default: it deletes its log and shuts down; the application opens the store again.
        await until(async () => !(await a.running()), 'the store shuts down', 40000)
        const again = await theirs(3, storeId, server, { dir })
        assert.deepEqual(await again.todos(), [])
        await again.commit(created('new'))
        await again.synced(1)
        await converged(server, storeId, [again])
        await again.close()
      } finally {
        await server.stop()
      }
    },
  )
})
