// What HTTP requests are answered, and the transport over HTTP.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { ask, post } from './lib/http.mjs'
import { scratch, serve, run } from './lib/server.mjs'
import { event, events, request } from './lib/sync.mjs'
import { Socket, upgrade } from './lib/ws.mjs'

let server, open
before(async () => {
  server = await serve()
  open = await serve({ args: ['--cors', '*'] })
})
after(() => Promise.all([server.stop(), open.stop()]))

const TABLE = [
  // [what is asked, status, text]
  [{ path: '/' }, 200, /livestore/],
  [{ path: '/?x=1' }, 200, /livestore/],
  [{ path: '/?storeId=a' }, 200, /livestore/],
  [{ path: '/?storeId=a&transport=carrier-pigeon' }, 200, /livestore/],
  [{ path: '/', method: 'HEAD' }, 200, /^$/],
  [{ path: '/some/where' }, 400, /storeId=ID and transport/],
  [{ path: '/some/where?storeId=a' }, 400, /transport/],
  [{ path: '/some/where?transport=ws' }, 400, /storeId/],
  [{ path: '/x?storeId=a/b&transport=ws' }, 400, /storeId must be/],
  [{ path: '/x?storeId=&transport=ws' }, 400, /storeId must be/],
  [{ path: `/x?storeId=${'a'.repeat(129)}&transport=ws` }, 400, /storeId must be/],
  [{ path: '/x?storeId=..%2f..%2fetc&transport=ws' }, 400, /storeId must be/],
  [{ path: '/x?storeId=a&storeId=b&transport=ws' }, 400, /twice/],
  [{ path: '/x?storeId=a&transport=ws&transport=http' }, 400, /twice/],
  [{ path: '/x?storeId=a&transport=ws&payload=%257B' }, 400, /payload/],
  [{ path: '/x?storeId=a&transport=ws&payload=%25zz' }, 400, /payload/],
  [{ path: '/?storeId=a&transport=ws' }, 426, /Upgrade: websocket/],
  [{ path: '/any/path?storeId=a&transport=ws' }, 426, /Upgrade: websocket/],
  [{ path: '/?storeId=a&transport=http' }, 405, /POST/],
  [{ path: '/?storeId=a&transport=http', method: 'PUT', body: 'x' }, 405, /POST/],
  [{ path: '/', method: 'POST', body: '{}' }, 400, /storeId/],
  [{ path: '/', method: 'OPTIONS' }, 405, /--cors/],
  [{ path: '/health' }, 200, /"status":"ok"/],
]
for (const [asked, status, text] of TABLE) {
  test(`WIRE-02 ${asked.method ?? 'GET'} ${asked.path.slice(0, 60)} is answered ${status}`, async () => {
    const answer = await ask(server.port, asked)
    assert.equal(answer.status, status, answer.text)
    assert.match(answer.text, text)
  })
}

const UPGRADES = [
  ['/?storeId=a&transport=ws', 101],
  ['/any/path/at/all?storeId=a&transport=ws', 101],
  ['/?transport=ws&storeId=a&else=1', 101],
  [`/?storeId=a&transport=ws&payload=${encodeURIComponent(encodeURIComponent('{"authToken":"ü & % +"}'))}`, 101],
  [`/?storeId=a&transport=ws&payload=${encodeURIComponent('{"authToken":"once"}')}`, 101],
  ['/?storeId=a&transport=ws&payload=null', 101],
  ['/?storeId=a&transport=http', 400],
  ['/?storeId=a', 400],
  ['/', 400],
  ['/?storeId=a%20b&transport=ws', 400],
  ['/?storeId=a&transport=ws&payload=%257B', 400],
]
for (const [path, status] of UPGRADES) {
  test(`WIRE-04 an upgrade of ${path.slice(0, 60)} is answered ${status}`, async () => {
    const answer = await upgrade({ port: server.port, path })
    answer.socket?.destroy()
    assert.equal(answer.status, status, answer.text)
    if (status !== 101) assert.match(answer.text, /\w\n$/)
  })
}

test('an upgrade to something else is refused', async () => {
  const status = async (headers) => {
    const answer = await upgrade({ port: server.port, query: '?storeId=a&transport=ws', headers })
    answer.socket?.destroy()
    return answer.status
  }
  assert.equal(await status({ upgrade: 'WebSocket', connection: 'keep-alive, Upgrade' }), 101)
  assert.equal(await status({ upgrade: 'h2c' }), 426)
  assert.equal(await status({ 'sec-websocket-version': '7' }), 426)
  assert.equal(await status({ 'sec-websocket-protocol': 'x' }), 400)
})

test('pages of other origins are let in with --cors', async () => {
  const preflight = await ask(open.port, {
    method: 'OPTIONS', path: '/?storeId=a&transport=http', headers: { origin: 'http://x', 'access-control-request-headers': 'content-type, x-y' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers['access-control-allow-origin'], '*')
  assert.equal(preflight.headers['access-control-allow-methods'], 'GET, POST, OPTIONS')
  assert.equal(preflight.headers['access-control-allow-headers'], 'content-type, x-y')
  const plain = await ask(open.port, { method: 'OPTIONS' })
  assert.equal(plain.headers['access-control-allow-headers'], '*')
  const page = await ask(open.port, { path: '/health' })
  assert.equal(page.headers['access-control-allow-origin'], '*')
})

test('WIRE-20 the HTTP transport: ping, push, pull, and a poll with a cursor', async () => {
  const send = (tag, payload) => post(server.port, 'http', request(`SyncHttpRpc.${tag}`, { storeId: 'http', ...payload }, '0'))
  const none = { _tag: 'None' }
  const [pong] = await send('Ping', {})
  assert.deepEqual(pong.exit, { _tag: 'Success', value: { _tag: 'SyncMessage.Pong' } })
  const [empty, end] = await send('Pull', { cursor: none })
  assert.deepEqual(empty.values[0].batch, [])
  assert.equal(end.exit._tag, 'Success')
  const { backendId } = empty.values[0]
  assert.equal((await send('Push', { batch: events(1, 100), backendId: none }))[0].exit._tag, 'Success')
  assert.equal((await send('Push', { batch: events(101, 50), backendId: { _tag: 'Some', value: backendId } }))[0].exit._tag, 'Success')
  const all = await send('Pull', { cursor: none })
  const numbers = (frames) => frames.flatMap(({ values = [] }) => values.flatMap(({ batch }) => batch.map(({ eventEncoded }) => eventEncoded.seqNum)))
  assert.deepEqual(numbers(all), Array.from({ length: 150 }, (_, i) => i + 1))
  assert.equal(all.at(-1)._tag, 'Exit')
  const rest = await send('Pull', { cursor: { _tag: 'Some', value: { backendId, eventSequenceNumber: 148 } } })
  assert.deepEqual(numbers(rest), [149, 150])
  const [ahead] = await send('Push', { batch: [event(1)], backendId: none })
  assert.equal(ahead.exit.cause.error._tag, 'ServerAheadError')
})

test('HTTP: a body that is no message, none, or too long is told so', async () => {
  const path = '/?storeId=http2&transport=http'
  for (const body of ['{', 'null', '[]']) {
    const answer = await ask(server.port, { method: 'POST', path, body })
    assert.ok(answer.status === 200 || answer.status === 400, `${body}: ${answer.status} ${answer.text}`)
  }
  const large = await ask(server.port, { method: 'POST', path, headers: { 'content-length': String(5 << 20) } }).catch((error) => error)
  assert.ok(large.status === 413 || large.code === 'ECONNRESET')
  assert.equal((await ask(server.port, { method: 'POST', path, headers: { 'transfer-encoding': 'chunked' }, body: '{}' })).status, 411)
})

test('requests follow one another on one connection', async () => {
  const { Agent } = await import('node:http')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { default: http } = await import('node:http')
  const ports = new Set()
  for (let i = 0; i < 5; i++) {
    const body = JSON.stringify(request('SyncHttpRpc.Pull', { storeId: 'keep', cursor: { _tag: 'None' } }, '0'))
    const frames = await new Promise((resolve, reject) => {
      const asked = http.request({ port: server.port, host: '127.0.0.1', agent, method: 'POST', path: '/?storeId=keep&transport=http' }, (got) => {
        ports.add(got.socket.localPort)
        let text = ''
        got.on('data', (data) => (text += data)).on('end', () => resolve(JSON.parse(text)))
      })
      asked.on('error', reject).end(body)
    })
    assert.equal(frames.at(-1).exit._tag, 'Success')
  }
  assert.equal(ports.size, 1)
  agent.destroy()
})

test('the health page and the metrics count what is open', async () => {
  const socket = await Socket.open({ port: open.port, query: '?storeId=counted&transport=ws' })
  const health = JSON.parse((await ask(open.port, { path: '/health' })).text)
  assert.deepEqual({ ...health, uptimeSeconds: 0 }, { status: 'ok', version: health.version, uptimeSeconds: 0, stores: 1, connections: 1 })
  const { text, headers } = await ask(open.port, { path: '/metrics' })
  assert.match(headers['content-type'], /version=0\.0\.4/)
  assert.match(text, /^livestore_connections 1$/m)
  assert.match(text, /^livestore_sync_seconds_bucket\{le="\+Inf"\} \d+$/m)
  for (const line of text.trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) livestore_\w+ .+|livestore_\w+(\{le="[^"]+"\})? [\d.]+)$/)
  await socket.close()
})

test('what cannot be served is refused at the start', async () => {
  const data = scratch()
  const refused = async (args, text) => {
    const { code, err } = await run(['serve', '--data', data, ...args])
    assert.equal(code, 1, err)
    assert.match(err, text)
  }
  await refused(['--listen', '0.0.0.0:0'], /can be reached from elsewhere/)
  await refused(['--listen', 'nonsense'], /no ADDRESS:PORT/)
  await refused(['--listen', '::1:80'], /no ADDRESS:PORT/)
  await refused(['--listen', '127.0.0.1:99999'], /no ADDRESS:PORT/)
  await refused(['--listen', `127.0.0.1:${server.port}`], /in use/)
  await refused(['--cert', 'x'], /go together/)
  await refused(['--cert', '/nowhere/x', '--key', '/nowhere/y'], /nowhere/)
  await refused(['--listen', '127.0.0.1:0', '--data', server.data], /lock is held by/)
})
