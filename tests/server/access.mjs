// Tokens and TLS.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'

import { ask, post } from './lib/http.mjs'
import { run, scratch, serve, until } from './lib/server.mjs'
import { Client, event, request } from './lib/sync.mjs'
import { Socket, upgrade } from './lib/ws.mjs'

const dir = scratch()
const file = (name, text) => (writeFileSync(path.join(dir, name), text), path.join(dir, name))
const secret = randomBytes(48).toString('base64')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = ({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' })

const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const SIGN = {
  HS256: (text, key) => createHmac('sha256', key).update(text).digest(),
  HS512: (text, key) => createHmac('sha512', key).update(text).digest(),
  RS256: (text, key) => sign('sha256', Buffer.from(text), key),
  ES256: (text, key) => sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }),
  none: () => Buffer.alloc(0),
}
const token = (claims, alg, key) => {
  const text = `${base64({ alg, typ: 'JWT' })}.${base64(claims)}`
  return `${text}.${SIGN[alg](text, key).toString('base64url')}`
}
const now = () => Math.floor(Date.now() / 1000)
const good = (more) => ({ sub: 'me', exp: now() + 60, stores: ['mine', 'team-*'], access: 'write', ...more })
const hs = (more) => token(good(more), 'HS256', secret)
const asPayload = (text, name = 'authToken') => `&payload=${encodeURIComponent(encodeURIComponent(JSON.stringify({ [name]: text })))}`

const servers = {}
before(async () => {
  servers.HS256 = await serve({ args: ['--jwt-secret', file('secret', secret + '\n')] })
  servers.RS256 = await serve({ args: ['--jwt-key', file('rsa.pem', pem(rsa))] })
  servers.ES256 = await serve({ args: ['--jwt-key', file('ec.pem', pem(ec))] })
})
after(() => Promise.all(Object.values(servers).map((server) => server.stop())))

/** What an upgrade with a token is answered: {status, text}. */
async function asked(alg, text, { storeId = 'mine', header } = {}) {
  const query = `?storeId=${storeId}&transport=ws${text === undefined || header ? '' : asPayload(text)}`
  const answer = await upgrade({ port: servers[alg].port, query, headers: header ? { authorization: header } : {} })
  answer.socket?.destroy()
  return answer
}

const es = (claims) => token(claims, 'ES256', ec.privateKey)
const tampered = (text) => text.replace(/\.(.)/, (_, c) => '.' + (c === 'e' ? 'f' : 'e'))
const CASES = [
  // [what, server, token, status, reason, store]
  ['a good token', 'HS256', () => hs(), 101],
  ['a good RS256 token', 'RS256', () => token(good(), 'RS256', rsa.privateKey), 101],
  ['a good ES256 token', 'ES256', () => es(good()), 101],
  ['a store that a prefix names', 'HS256', () => hs(), 101, null, 'team-blue'],
  ['the prefix itself', 'HS256', () => hs(), 101, null, 'team-'],
  ['every store', 'HS256', () => hs({ stores: '*' }), 101, null, 'anything'],
  ['every store, in a list', 'HS256', () => hs({ stores: ['*'] }), 101, null, 'anything'],
  ['exp with a fraction', 'HS256', () => hs({ exp: now() + 60.5 }), 101],
  ['no token', 'HS256', () => undefined, 401, /a token is needed/],
  ['an empty token', 'HS256', () => '', 401, /a token is needed/],
  ['nonsense', 'HS256', () => 'a.b.c', 401, /not one that was signed/],
  ['a token of 20,000 bytes', 'HS256', () => hs({ x: 'x'.repeat(6000) }) + 'x'.repeat(1000), 401, /not one that was signed/],
  ['another key', 'HS256', () => token(good(), 'HS256', secret + 'x'), 401, /not one that was signed/],
  ['claims that were changed', 'HS256', () => tampered(hs()), 401, /not one that was signed/],
  ['alg none', 'HS256', () => token(good(), 'none'), 401, /not one that was signed/],
  ['alg none, where an RSA key is', 'RS256', () => token(good(), 'none'), 401, /not one that was signed/],
  ['the public key taken for a secret', 'RS256', () => token(good(), 'HS256', pem(rsa)), 401, /not one that was signed/],
  ['the public EC key taken for a secret', 'ES256', () => token(good(), 'HS256', pem(ec)), 401, /not one that was signed/],
  ['HS512 with the right secret', 'HS256', () => token(good(), 'HS512', secret), 401, /not one that was signed/],
  ['RS256 where the key is EC', 'ES256', () => token(good(), 'RS256', rsa.privateKey), 401, /not one that was signed/],
  ['expired', 'HS256', () => hs({ exp: now() - 1 }), 401, /has expired/],
  ['expired, ES256', 'ES256', () => es(good({ exp: now() - 1 })), 401, /has expired/],
  ['no exp', 'HS256', () => hs({ exp: undefined }), 401, /has no exp/],
  ['exp as text', 'HS256', () => hs({ exp: String(now() + 60) }), 401, /must be seconds/],
  ['exp in milliseconds', 'HS256', () => hs({ exp: Date.now() * 1000 }), 401, /must be seconds/],
  ['not yet', 'HS256', () => hs({ nbf: now() + 60 }), 401, /not valid yet/],
  ['claims that are a list', 'HS256', () => token([1], 'HS256', secret), 401],
  ['another store', 'HS256', () => hs(), 403, /do not name yours/, 'yours'],
  ['a store that begins like one', 'HS256', () => hs(), 403, /do not name/, 'mine2'],
  ['no stores', 'HS256', () => hs({ stores: undefined }), 403, /do not name/],
  ['stores that are numbers', 'HS256', () => hs({ stores: [1, { mine: 1 }, null] }), 403, /do not name/],
  ['an access that is not known', 'HS256', () => hs({ access: 'admin' }), 403, /must be "read" or "write"/],
]
for (const [what, alg, make, status, reason, storeId] of CASES) {
  test(`${what} is answered ${status}`, async () => {
    const answer = await asked(alg, make(), { storeId })
    assert.equal(answer.status, status, answer.text)
    if (reason) assert.match(answer.text, reason)
  })
}

test('a token may come as a bearer, and under either name', async () => {
  assert.equal((await asked('HS256', undefined, { header: `Bearer ${hs()}` })).status, 101)
  assert.equal((await asked('HS256', undefined, { header: `bearer  ${hs()} ` })).status, 101)
  assert.equal((await asked('HS256', undefined, { header: `Basic ${hs()}` })).status, 401)
  const socket = await Socket.open({ port: servers.HS256.port, query: `?storeId=mine&transport=ws${asPayload(hs(), 'token')}` })
  await socket.close()
})

test('a token for reading pulls and does not push', async () => {
  const writer = await Client.open(servers.HS256.port, 'mine', { query: asPayload(hs()) })
  assert.equal((await writer.push([event(1)]))._tag, 'Success')
  for (const access of ['read', undefined]) {
    const reader = await Client.open(servers.HS256.port, 'mine', { query: asPayload(hs({ access })) })
    assert.equal((await reader.pull()).length, 1)
    assert.equal((await reader.push([event(2)]))._tag, 'Failure')
    assert.equal((await reader.pull()).length, 1)
    await reader.close()
  }
  await writer.close()
})

test('HTTP asks for a token, too', async () => {
  const message = request('SyncHttpRpc.Pull', { storeId: 'mine', cursor: { _tag: 'None' } })
  const { port } = servers.HS256
  assert.equal((await post(port, 'mine', message)).status, 401)
  assert.equal((await post(port, 'mine', message, { headers: { authorization: `Bearer ${hs()}` } })).at(-1).exit._tag, 'Success')
  assert.equal((await post(port, 'mine', message, { query: asPayload(hs()) })).at(-1).exit._tag, 'Success')
  assert.equal((await post(port, 'yours', message, { query: asPayload(hs()) })).status, 403)
})

test('a connection is closed when its token expires', async () => {
  const socket = await Socket.open({ port: servers.HS256.port, query: `?storeId=mine&transport=ws${asPayload(hs({ exp: now() + 2 }))}` })
  assert.deepEqual(await socket.closing, { code: 4401, reason: 'the token has expired' })
})

test('without tokens, pages of this machine are let in, and pages from elsewhere are not', async () => {
  const plain = await serve(), named = await serve({ args: ['--cors', 'https://app.example'] })
  const status = async ({ port }, origin) => {
    const answer = await upgrade({ port, query: '?storeId=a&transport=ws', headers: { origin } })
    answer.socket?.destroy()
    return answer.status
  }
  assert.equal(await status(plain, 'http://localhost:5173'), 101)
  assert.equal(await status(plain, 'https://app.example'), 403)
  assert.equal(await status(plain, 'null'), 403)
  assert.equal(await status(named, 'https://app.example'), 101)
  assert.equal(await status(named, 'https://evil.example'), 403)
  assert.equal(await status(servers.HS256, 'https://app.example'), 401, 'who has a token may be anywhere')
  const push = request('SyncHttpRpc.Push', { storeId: 'a', batch: [event(1)], backendId: { _tag: 'None' } })
  assert.equal((await post(plain.port, 'a', push, { headers: { origin: 'https://evil.example' } })).status, 403)
  await Promise.all([plain.stop(), named.stop()])
})

test('pages of this machine may use HTTP, too, and each answer says so', async () => {
  const { port, stop } = await serve()
  const origin = 'http://localhost:5173'
  const path = '/?storeId=a&transport=http'
  const preflight = (from) => ask(port, { method: 'OPTIONS', path, headers: { origin: from, 'access-control-request-headers': 'x-y' } })
  const allowed = await preflight(origin)
  assert.equal(allowed.status, 204)
  assert.equal(allowed.headers['access-control-allow-origin'], origin)
  assert.equal(allowed.headers['access-control-allow-headers'], 'x-y')
  assert.equal(allowed.headers.vary, 'origin')
  const refused = await preflight('https://evil.example')
  assert.equal(refused.status, 405)
  assert.equal(refused.headers['access-control-allow-origin'], undefined)
  const ping = { _tag: 'Request', id: '0', tag: 'SyncHttpRpc.Ping', payload: {}, headers: [] }
  const answer = await ask(port, { method: 'POST', path, headers: { origin, 'content-type': 'application/json' }, body: JSON.stringify(ping) })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['access-control-allow-origin'], origin)
  await stop()
})

test('refusals are logged, and no token is', async () => {
  const { log, said } = servers.HS256
  await until(() => log('refuse').some(({ status, why, store }) => status === 403 && store === 'yours' && /do not name/.test(why)))
  assert.doesNotMatch(said(), /eyJ/)
})

test('keys that are no good are refused at the start', async () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }), other = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const refused = async (args, text) => {
    const { code, err } = await run(['serve', '--data', dir, '--listen', '127.0.0.1:0', ...args])
    assert.equal(code, 1)
    assert.match(err, text)
  }
  await refused(['--jwt-secret', file('short', 'too short')], /has 9 bytes/)
  await refused(['--jwt-key', file('weak', pem(weak))], /2048 bits or more/)
  await refused(['--jwt-key', file('p384', pem(other))], /curve P-256/)
  await refused(['--jwt-key', file('nokey', 'hello')], /no public key/)
  await refused(['--jwt-key', file('p', pem(ec)), '--jwt-secret', file('s', secret)], /exclude one another/)
  await refused(['--jwt-key', file('p', pem(ec)), '--open'], /--open asks for no token/)
})

test('TLS: pushes and pulls as without it, and plain connections get nothing', async () => {
  const cert = path.join(dir, 'cert.pem'), key = path.join(dir, 'key.pem')
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert,
    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' })
  const server = await serve({ args: ['--cert', cert, '--key', key] })
  const tls = { ca: [execFileSync('cat', [cert])], ALPNProtocols: ['h2', 'http/1.1'] }
  const a = await Client.open(server.port, 'tls', { tls }), b = await Client.open(server.port, 'tls', { tls })
  const seen = []
  await b.live((e) => seen.push(e.seqNum))
  const big = [1, 2, 3].map((n) => event(n, { text: 'x'.repeat(200000) }))
  assert.equal((await a.push(big))._tag, 'Success')
  await until(() => seen.length === 3)
  const { status } = await upgrade({ port: server.port, query: '?storeId=tls&transport=ws' }).catch(() => ({ status: 0 }))
  assert.notEqual(status, 101)
  await Promise.all([a.close(), b.close()])
  assert.deepEqual(await server.stop(), { code: 0, signal: null })
  const { err } = await run(['serve', '--data', dir, '--cert', key, '--key', key])
  assert.match(err, /key\.pem/)
})
