// Limits: connections, frames, silence, slow readers and writers; and many connections at once.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'

import { ask } from './lib/http.mjs'
import { serve, sleep, until } from './lib/server.mjs'
import { Client, event, events, pull } from './lib/sync.mjs'
import { Socket, TEXT, frame, upgrade } from './lib/ws.mjs'

const SOAK = Boolean(process.env.SOAK)
const open = ({ port }, storeId = 's') => Socket.open({ port, query: `?storeId=${storeId}&transport=ws` })

test('connections over the limit are refused with 503, those to one store with 429, and let in once there is room', async () => {
  const server = await serve({ args: ['--max-connections', '3', '--max-per-store', '2'] })
  const refused = async (storeId) => (await upgrade({ port: server.port, query: `?storeId=${storeId}&transport=ws` })).status
  const sockets = [await open(server, 'a'), await open(server, 'a')]
  assert.equal(await refused('a'), 429)
  sockets.push(await open(server, 'b'))
  assert.equal(await refused('c'), 503)
  await sockets[0].close()
  await until(async () => /"connections":2/.test((await ask(server.port, { path: '/health' })).text))
  await (await open(server, 'a')).close()
  await server.stop()
})

test('a connection that sends too many frames is closed with 4429', async () => {
  const server = await serve({ args: ['--max-rate', '10'] })
  const socket = await open(server)
  const ping = frame(TEXT, '{"_tag":"Ping"}')
  for (let i = 0; i < 60; i++) socket.raw(ping)
  assert.equal((await socket.closing).code, 4429)
  const patient = await open(server)
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 5; j++) patient.raw(ping)
    await sleep(100)
  }
  assert.equal(patient.closed, null)
  await server.stop()
})

test('a connection that is silent is closed with 4408, one that pings is not', async () => {
  const server = await serve({ args: ['--idle', '2'] })
  const [silent, alive] = [await open(server), await open(server)]
  const pings = setInterval(() => alive.send({ _tag: 'Ping' }), 500)
  assert.deepEqual(await silent.closing, { code: 4408, reason: 'no frame for 2 s' })
  await sleep(1000)
  assert.equal(alive.closed, null)
  clearInterval(pings)
  await server.stop()
})

test('who sends a request byte by byte, and does not come to its end, is cut off, and others are let in meanwhile', async () => {
  const server = await serve()
  const slow = Array.from({ length: 300 }, () => connect({ port: server.port, host: '127.0.0.1' }))
  const closed = Promise.all(slow.map((socket) => new Promise((resolve) => socket.on('error', () => {}).on('close', resolve))))
  slow.forEach((socket) => socket.write('GET /?storeId=a&transport=ws HTTP/1.1\r\n'))
  const drip = setInterval(() => slow.forEach((socket) => socket.write('x')), 1000)
  const from = Date.now()
  const post = ask(server.port, { method: 'POST', path: '/?storeId=a&transport=http', headers: { 'content-length': '100' }, body: '{' })
  await (await open(server)).close()
  assert.ok(Date.now() - from < 2000)
  const answer = await post.catch((error) => error)
  assert.ok(answer.status === 408 || answer.code === 'ECONNRESET', JSON.stringify(answer))
  await closed
  clearInterval(drip)
  assert.ok(Date.now() - from < 25000, 'cut off in time')
  await (await open(server)).close()
  await server.stop()
})

test('a request head that is too long is refused', async () => {
  const server = await serve()
  const { status } = await upgrade({ port: server.port, query: `?storeId=a&transport=ws&x=${'x'.repeat(40000)}` }).catch(() => ({ status: 0 }))
  assert.notEqual(status, 101)
  await (await open(server)).close()
  await server.stop()
})

test('one that does not read holds up nobody, takes bounded memory, and has everything in the end', async () => {
  const server = await serve()
  const writer = await Client.open(server.port, 'slow'), reader = await Client.open(server.port, 'slow')
  const lazy = await Client.open(server.port, 'slow')
  const seen = []
  await reader.live((e) => seen.push(e.seqNum))
  lazy.socket.send(pull('slow'))
  await lazy.socket.next()
  lazy.socket.socket.pause()
  const rounds = 60, n = 10, text = 'x'.repeat(50000), took = []
  for (let i = 0; i < rounds; i++) {
    const from = performance.now()
    assert.equal((await writer.push(events(i * n + 1, n, { text })))._tag, 'Success')
    await until(() => seen.length === (i + 1) * n)
    took.push(performance.now() - from)
  }
  const resident = Number(/livestore_resident_memory_bytes (\d+)/.exec((await ask(server.port, { path: '/metrics' })).text)[1])
  assert.ok(resident < 100e6, `${resident} bytes`)
  took.sort((a, b) => a - b)
  assert.ok(took[Math.floor(rounds / 2)] < 500, `${took[Math.floor(rounds / 2)]} ms`)
  const late = []
  lazy.socket.onMessage = (got) => {
    if (got._tag !== 'Chunk') return
    lazy.socket.send({ _tag: 'Ack', requestId: got.requestId })
    for (const { batch } of got.values) for (const { eventEncoded } of batch) late.push(eventEncoded.seqNum)
  }
  lazy.socket.socket.resume()
  await until(() => late.length >= rounds * n, 'the slow one gets all', 30000)
  assert.deepEqual(late, Array.from({ length: rounds * n }, (_, i) => i + 1))
  await server.stop()
})

const resident = ({ pid }) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024

const MANY = SOAK ? 10000 : 1000
test(`${MANY} connections wait live; an event reaches them all`, { timeout: 300000 }, async (t) => {
  const server = await serve()
  const writer = await Client.open(server.port, 'many')
  await writer.push([event(1)])
  const before = resident(server)
  const clients = []
  let got = 0
  while (clients.length < MANY) {
    const some = await Promise.all(Array.from({ length: Math.min(100, MANY - clients.length) }, () => Client.open(server.port, 'many')))
    await Promise.all(some.map((client) => client.live(() => got++)))
    clients.push(...some)
  }
  const bytes = (resident(server) - before) / MANY
  t.diagnostic(`${Math.round(bytes)} bytes for each idle connection`)
  assert.ok(bytes < 10240, `${bytes} bytes for each idle connection`)
  assert.equal(got, MANY)
  const took = []
  for (let i = 2; i < 12; i++) {
    got = 0
    const from = performance.now()
    await writer.push([event(i)])
    await until(() => got === MANY)
    took.push(performance.now() - from)
  }
  t.diagnostic(`fan-out to ${MANY}, until the last of them had it: ${took.map((ms) => ms.toFixed(1)).join(' ')} ms`)
  await server.stop()
})

test('round trips of pushes, one after the other', async (t) => {
  const server = await serve()
  const writer = await Client.open(server.port, 'trips'), reader = await Client.open(server.port, 'trips')
  let seen
  await reader.live(() => seen?.())
  const took = []
  for (let i = 1; i <= 300; i++) {
    const arrived = new Promise((resolve) => (seen = resolve)), from = performance.now()
    const answered = writer.push([event(i)])
    await arrived
    took.push(performance.now() - from)
    await answered
  }
  took.sort((a, b) => a - b)
  t.diagnostic(`push on A to live on B: ${took[150].toFixed(2)} ms median, ${took[297].toFixed(2)} ms p99`)
  await server.stop()
})
