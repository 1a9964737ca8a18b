// What may come through a WebSocket, and what may not.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { serve, sleep } from './lib/server.mjs'
import { Client, event, pull, push, request } from './lib/sync.mjs'
import { BINARY, PING, Socket, TEXT, frame } from './lib/ws.mjs'

const LIMIT = 1 << 20
let server
before(async () => (server = await serve({ args: ['--max-frame', String(LIMIT)] })))
after(() => server.stop())

const open = (storeId, options) => Socket.open({ port: server.port, query: `?storeId=${storeId}&transport=ws`, ...options })
const pong = { _tag: 'Pong' }

test('WIRE-01 a Ping is answered', async () => {
  const socket = await open('ping')
  socket.send({ _tag: 'Ping' })
  assert.deepEqual(await socket.next(), pong)
  await socket.close()
})

test('WIRE-18 an offer to compress is declined', async () => {
  const socket = await open('deflate', { headers: { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' } })
  assert.doesNotMatch(socket.head, /sec-websocket-extensions/i)
  socket.send({ _tag: 'Ping' })
  assert.deepEqual(await socket.next(), pong)
  socket.destroy()
})

test('a ping of WebSocket itself is answered', async () => {
  const socket = await open('wsping')
  socket.raw(frame(PING, 'abc'))
  assert.deepEqual(await socket.next(), { pong: 'abc' })
  socket.destroy()
})

test('a message in fragments, with a ping between them, is one message', async () => {
  const socket = await open('fragments')
  socket.raw(frame(TEXT, '{"_tag"', { final: false }))
  socket.raw(frame(0, ':"Pi', { final: false }))
  socket.raw(frame(PING, 'x'))
  socket.raw(frame(0, 'ng"}'))
  const both = [await socket.next(), await socket.next()]
  assert.deepEqual(new Set(both.map((got) => JSON.stringify(got))), new Set([JSON.stringify(pong), '{"pong":"x"}']))
  socket.destroy()
})

test('a message that arrives byte by byte is one message', async () => {
  const socket = await open('bytes')
  for (const byte of frame(TEXT, '{"_tag":"Ping"}')) {
    socket.raw(Buffer.from([byte]))
    await sleep(1)
  }
  assert.deepEqual(await socket.next(), pong)
  socket.destroy()
})

test('many messages in one packet are answered in their order', async () => {
  const socket = await open('packet')
  socket.raw(Buffer.concat(Array.from({ length: 500 }, () => frame(TEXT, '{"_tag":"Ping"}'))))
  for (let i = 0; i < 500; i++) assert.deepEqual(await socket.next(), pong)
  socket.destroy()
})

test('WIRE-19 a message just under the limit is taken, one just over it closes with 1009', async () => {
  const fill = (size) => '{"_tag":"Ping"}' + ' '.repeat(size - 15)
  const socket = await open('limit')
  socket.send(fill(LIMIT))
  assert.deepEqual(await socket.next(), pong)
  socket.send(fill(LIMIT + 1))
  assert.deepEqual(await socket.closing, { code: 1009, reason: `a message may have ${LIMIT} bytes` })
})

test('the limit holds for fragments together', async () => {
  const socket = await open('limit-fragments')
  for (let i = 0; i < 5; i++) socket.raw(frame(i ? 0 : TEXT, 'x'.repeat(LIMIT / 4), { final: false }))
  assert.equal((await socket.closing).code, 1009)
})

test('a frame that promises exabytes closes at once', async () => {
  const socket = await open('exabytes')
  socket.raw(Buffer.from([0x81, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5]))
  assert.ok([1002, 1006, 1009].includes((await socket.closing).code))
})

test('binary frames close with 1003', async () => {
  const socket = await open('binary')
  socket.raw(frame(BINARY, '{"_tag":"Ping"}'))
  assert.equal((await socket.closing).code, 1003)
})

test('text that is not UTF-8 closes with 1007', async () => {
  const socket = await open('utf8')
  socket.raw(frame(TEXT, Buffer.from([0x22, 0xff, 0xfe, 0x22])))
  assert.equal((await socket.closing).code, 1007)
})

for (const [what, bytes] of [
  ['an opcode that is not known', frame(5, 'x')],
  ['reserved bits', frame(TEXT, 'x', { reserved: 4 })],
  ['a continuation of nothing', frame(0, 'x')],
  ['a ping longer than 125 bytes', frame(PING, 'x'.repeat(126))],
]) {
  test(`${what} closes the connection`, async () => {
    const socket = await open('broken')
    socket.raw(bytes)
    assert.ok([1002, 1006].includes((await socket.closing).code))
  })
}

// RFC 6455 has servers close for this; libwebsockets reads it all the same. The mask protects proxies, not servers.
test('a frame without a mask does no harm', async () => {
  const socket = await open('unmasked')
  socket.raw(frame(TEXT, '{"_tag":"Ping"}', { mask: false }))
  const got = await socket.next().catch((error) => error.message)
  if (typeof got !== 'string') assert.deepEqual(got, pong)
  socket.destroy()
})

test('WIRE-14 what is no JSON is answered with a Defect', async () => {
  for (const text of ['', 'null', '{', '[[[', '{"_tag":"Ping"} x', '"', '\u0000']) {
    const socket = await open('json')
    socket.send(text)
    assert.equal((await socket.next())._tag, 'Defect', JSON.stringify(text))
    socket.destroy()
  }
})

test('JSON of a hundred thousand levels is refused, and others are served meanwhile', async () => {
  const socket = await open('deep')
  const other = await open('other')
  socket.send('['.repeat(LIMIT / 2) + ']'.repeat(LIMIT / 2))
  other.send({ _tag: 'Ping' })
  assert.deepEqual(await other.next(), pong)
  assert.equal((await socket.next())._tag, 'Defect')
  socket.destroy()
  other.destroy()
})

test('arguments that are deeply nested are refused for good, and so the store can be pulled', async () => {
  const client = await Client.open(server.port, 'nested')
  const deep = JSON.parse('['.repeat(600) + ']'.repeat(600))
  client.socket.send(push('nested', [event(1, deep)]))
  await client.socket.next()
  const again = await Client.open(server.port, 'nested')
  assert.equal((await again.push([event(1)]))._tag, 'Success')
  assert.equal((await again.pull()).length, 1)
  client.socket.destroy()
  again.socket.destroy()
})

test('an array of messages is taken', async () => {
  const socket = await open('array')
  socket.send([{ _tag: 'Ping' }, { _tag: 'Ping' }])
  assert.deepEqual(await socket.next(), pong)
  assert.deepEqual(await socket.next(), pong)
  socket.destroy()
})

test('WIRE-13 requests with unknown tags, ids and payloads get an answer, and do not end the server', async () => {
  for (const message of [
    request('SyncWsRpc.Nothing', {}),
    request('SyncWsRpc.Pull', {}),
    request('SyncWsRpc.Pull', null),
    request('SyncWsRpc.Push', { storeId: 'ids', batch: 'x' }),
    request('SyncWsRpc.Push', { storeId: 'ids', batch: [null] }),
    { ...pull('ids'), id: 'x' },
    { ...pull('ids'), id: -1 },
    { ...pull('ids'), id: 1.5 },
    { ...pull('ids'), id: '99999999999999999999999999' },
    { ...pull('ids'), id: {} },
    { _tag: 'Nothing' },
    {},
    17,
  ]) {
    const socket = await open('ids')
    socket.send(message)
    const answer = await socket.next()
    assert.ok(answer._tag === 'Defect' || answer.exit._tag === 'Failure', JSON.stringify([message, answer]))
    socket.destroy()
  }
})

test('a request that names another store than the connection is refused', async () => {
  const socket = await open('mine')
  socket.send(pull('yours'))
  const answer = await socket.next()
  assert.ok(answer._tag === 'Defect' || answer.exit._tag === 'Failure')
  socket.destroy()
})

test('an Interrupt and an Ack of nothing are let be', async () => {
  const socket = await open('nothing')
  socket.send({ _tag: 'Interrupt', requestId: '77' })
  socket.send({ _tag: 'Ack', requestId: '77' })
  socket.send({ _tag: 'Ping' })
  assert.deepEqual(await socket.next(), pong)
  socket.destroy()
})

test('a push that is sent again, and one out of order, are refused, and nothing is kept twice', async () => {
  const client = await Client.open(server.port, 'replay')
  const first = push('replay', [event(1), event(2)])
  assert.equal((await client.call(first))._tag, 'Success')
  for (const batch of [[event(1), event(2)], [event(5)], [event(3), event(3)], [event(4), event(3)], [{ ...event(3), parentSeqNum: 1 }]]) {
    assert.equal((await client.push(batch))._tag, 'Failure')
  }
  assert.deepEqual((await client.pull()).map(({ seqNum }) => seqNum), [1, 2])
  client.socket.destroy()
})
