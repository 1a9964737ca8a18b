// Who is let in: tokens and origins, against `livestore serve`. (LiveStore's server leaves that to the application.)
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, describe, test } from 'node:test'

import { created } from './lib/events.js'
import { device, kind, newDir, newStore, ours, sleep } from './lib/fixture.js'
import { chain, http, none, query, refusedUpgrade, Wire } from './lib/frames.js'
import { startServer } from './lib/servers.js'

const secret = randomBytes(32).toString('hex')
let server

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JSON Web Token (RFC 7519) signed with HS256. */
function token(claims, key = secret) {
  const exp = Math.floor(Date.now() / 1000) + 600
  const text = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ exp, ...claims })}`
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}

async function guarded() {
  if (server) return server
  const file = path.join(newDir(), 'secret')
  writeFileSync(file, secret, { mode: 0o600 })
  return (server = await startServer('ours', ['--jwt-secret', file]))
}

after(() => server?.stop())

const oursOnly = { skip: kind === 'ours' ? false : 'livestore serve only', timeout: 60000 }

describe('a server that asks for tokens', oursOnly, () => {
  const url = (storeId, payload) => `${server.ws}/?${query(storeId, 'ws', payload)}`

  test('WIRE-04 refuses the upgrade without a valid token, and for another store', async () => {
    await guarded()
    const storeId = newStore()
    const bad = [
      undefined,
      {},
      { authToken: 'x' },
      { authToken: token({ stores: '*' }, 'another secret, as long as the first one is') },
      { authToken: token({ stores: '*', exp: 1 }) },
    ]
    for (const payload of bad) {
      const { status, text } = await refusedUpgrade(url(storeId, payload))
      assert.equal(status, 401, JSON.stringify(payload))
      assert.match(text, /token/)
    }
    const { status, text } = await refusedUpgrade(url(storeId, { authToken: token({ stores: ['other'] }) }))
    assert.equal(status, 403)
    assert.match(text, /store/)
  })

  test('lets LiveStore and our client in with one', async () => {
    const { ws } = await guarded()
    const storeId = newStore()
    const authToken = token({ stores: [storeId], access: 'write' })
    const their = await device(0).open({ storeId, clientId: 'theirs', url: ws, payload: { authToken } })
    await their.commit(created('theirs'))
    await their.synced(1)
    const our = await ours(storeId, 'ours')
    await our.commit(created('ours'))
    await our.sync(ws, { options: ['--token', authToken] })
    await their.synced(2)
    assert.deepEqual(await their.todos(), await our.todos())
    const { err } = await our.sync(ws, { allow: [1] })
    assert.match(err, /401|token/)
    await their.close()
  })

  test('lets nobody push with a token that is for reading', async () => {
    const { ws } = await guarded()
    const storeId = newStore()
    const wire = await Wire.open(ws, storeId, { payload: { authToken: token({ stores: '*', access: 'read' }) } })
    const exit = await wire.exit(wire.push(chain(0, 1), { backendId: none }))
    assert.equal(exit._tag, 'Failure')
    assert.deepEqual((await wire.pages(wire.pull()))[0].batch, [])
    await wire.close()
  })

  test('a LiveStore client without one stays offline, and keeps what it has', async () => {
    const { ws } = await guarded()
    const storeId = newStore()
    const their = await device(0).open({ storeId, clientId: 'theirs', url: ws })
    await their.commit(created('t1'))
    await sleep(500)
    assert.equal((await their.states()).leader.pending, 1)
    assert.equal((await their.todos()).length, 1)
    await their.close()
  })
})

describe('a server that lets pages of one origin ask', oursOnly, () => {
  test('SP-18 says so before and with each answer of the HTTP transport', async () => {
    const origin = 'https://app.example'
    const open = await startServer('ours', ['--cors', origin])
    try {
      const url = `${open.http}/?storeId=${newStore()}&transport=http`
      const asked = await http(url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-headers': 'x-livestore-store-id' },
      })
      assert.equal(asked.status, 204)
      assert.match(asked.headers['access-control-allow-methods'], /POST/)
      assert.match(asked.headers['access-control-allow-headers'], /x-livestore-store-id|\*/)
      const body = JSON.stringify({
        _tag: 'Request',
        id: '0',
        tag: 'SyncHttpRpc.Ping',
        payload: { storeId: 's' },
        headers: [],
      })
      const answer = await http(url, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body,
      })
      assert.equal(JSON.parse(answer.text)[0].exit.value._tag, 'SyncMessage.Pong')
      for (const { headers } of [asked, answer]) assert.equal(headers['access-control-allow-origin'], origin)
    } finally {
      await open.stop()
    }
  })
})
