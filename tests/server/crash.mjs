// What was acknowledged stays: kill -9 in the midst of pushes, restarts, and clean ends.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { random, scratch, serve, sleep, until } from './lib/server.mjs'
import { Client, event, events } from './lib/sync.mjs'
import { Socket, upgrade } from './lib/ws.mjs'

const KILLS = process.env.SOAK ? 200 : 12
const STORES = 4

/** What a store has is what is known; pushes to it until the server goes. `known` grows by what was acknowledged or given live. */
async function pushUntilGone(port, storeId, known, chance) {
  const live = await Client.open(port, storeId), client = await Client.open(port, storeId)
  const kept = await client.pull()
  const marks = new Set(kept.map(mark))
  for (const each of known) assert.ok(marks.has(each), `${storeId}: ${each} was lost`)
  kept.forEach(({ seqNum }, i) => assert.equal(seqNum, i + 1, `${storeId} has no holes`))
  live.live((event) => known.add(mark(event)))
  const run = Math.floor(chance() * 1e9)
  for (let head = kept.length; ; ) {
    const batch = events(head + 1, 1 + Math.floor(chance() * 5), { run })
    const exit = await client.push(batch, client.backendId)
    assert.equal(exit._tag, 'Success', JSON.stringify(exit))
    for (const event of batch) known.add(mark(event))
    head += batch.length
  }
}

const mark = ({ seqNum, args }) => `${seqNum} ${args.run}`
const unlessGone = (error) => assert.match(`${error.code} ${error.message}`, /closed: 1006|ECONN/)

test(`nothing that was acknowledged or given out is lost by ${KILLS} times kill -9`, { timeout: 600000 }, async (t) => {
  const seed = Number(process.env.SEED ?? 1)
  const chance = random(seed), data = scratch()
  const known = Array.from({ length: STORES }, () => new Set())
  const ids = new Set()
  for (let i = 0; i < KILLS; i++) {
    const server = await serve({ data })
    const client = await Client.open(server.port, 'crash0')
    await client.pull()
    ids.add(client.backendId)
    const pushing = known.map((set, n) => pushUntilGone(server.port, `crash${n}`, set, chance).catch(unlessGone))
    await sleep(20 + chance() * 150)
    assert.deepEqual(await server.stop('SIGKILL'), { code: null, signal: 'SIGKILL' })
    await Promise.all(pushing)
  }
  assert.equal(ids.size, 1, 'the backend id is stable')
  t.diagnostic(`seed ${seed}: ${known.map(({ size }) => size).join(', ')} events in ${STORES} stores`)
})

test('WIRE-21 WIRE-22 a restart keeps events and backend ids; each store has its own', async () => {
  const data = scratch(), ids = []
  for (let i = 0; i < 2; i++) {
    const server = await serve({ data })
    const a = await Client.open(server.port, 'a'), b = await Client.open(server.port, 'b')
    if (i === 0) await a.push([event(1)])
    assert.equal((await a.pull()).length, 1)
    assert.equal((await b.pull()).length, 0)
    ids.push([a.backendId, b.backendId])
    assert.deepEqual(await server.stop(), { code: 0, signal: null })
  }
  assert.deepEqual(ids[0], ids[1])
  assert.notEqual(ids[0][0], ids[0][1])
})

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} ends cleanly: what was taken in is answered, connections close with 1001, and the exit status is 0`, async () => {
    const data = scratch()
    const server = await serve({ data })
    const clients = await Promise.all(Array.from({ length: 20 }, (_, i) => Client.open(server.port, `s${i}`)))
    let acknowledged = 0
    const pushing = clients.map(async (client) => {
      try {
        for (let n = 1; ; n++) {
          assert.equal((await client.push([event(n)]))._tag, 'Success')
          acknowledged++
        }
      } catch (error) {
        assert.match(error.message, /^closed: 1001 the server is shutting down/)
      }
    })
    await until(() => acknowledged > 100)
    const from = Date.now()
    assert.deepEqual(await server.stop(signal), { code: 0, signal: null })
    assert.ok(Date.now() - from < 3000)
    await Promise.all(pushing)
    const again = await serve({ data })
    let kept = 0
    for (let i = 0; i < 20; i++) kept += (await (await Client.open(again.port, `s${i}`)).pull()).length
    assert.ok(kept >= acknowledged, `${kept} of ${acknowledged}`)
    assert.equal(server.log('end').length, 1)
    await again.stop()
  })
}

test('a client that does not answer the close frame holds up the end for some seconds at most', async () => {
  const server = await serve()
  const { socket } = await upgrade({ port: server.port, query: '?storeId=a&transport=ws' })
  socket.on('error', () => {})
  const from = Date.now()
  assert.deepEqual(await server.stop(), { code: 0, signal: null })
  assert.ok(Date.now() - from < 5000)
})

test('SIGHUP changes nothing', async () => {
  const server = await serve()
  const socket = await Socket.open({ port: server.port, query: '?storeId=a&transport=ws' })
  process.kill(server.pid, 'SIGHUP')
  await until(() => server.log('hangup').length === 1)
  socket.send({ _tag: 'Ping' })
  assert.deepEqual(await socket.next(), { _tag: 'Pong' })
  await server.stop()
})

test('each connection has a line when it opens and one when it closes', async () => {
  const server = await serve()
  const client = await Client.open(server.port, 'logged')
  await client.push([event(1)])
  await client.close()
  await until(() => server.log('close').length === 1)
  const [opened] = server.log('connect'), [closed] = server.log('close')
  assert.deepEqual({ store: opened.store, access: opened.access }, { store: 'logged', access: 'write' })
  assert.equal(opened.id, closed.id)
  assert.deepEqual({ code: closed.code, why: closed.why, frames_in: closed.frames_in }, { code: 1000, why: 'the client closed', frames_in: 1 })
  await server.stop()
})
