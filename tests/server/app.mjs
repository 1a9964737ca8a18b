// A web app served beside sync: its files, caching, compression, what is not given out, and that sync is not held up.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib'

import { ask } from './lib/http.mjs'
import { run, scratch, serve, sleep, until } from './lib/server.mjs'
import { Client, event } from './lib/sync.mjs'
import { upgrade } from './lib/ws.mjs'

const root = scratch(), app = path.join(root, 'app')
const put = (name, data) => {
  fs.mkdirSync(path.dirname(path.join(app, name)), { recursive: true })
  fs.writeFileSync(path.join(app, name), data)
}
const SCRIPT = 'console.log(1);'.repeat(1000), BIG_BYTES = 64 << 20
put('index.html', '<!doctype html><title>app</title>')
put('assets/app-a1B2c3D4.js', SCRIPT)
put('assets/app-a1B2c3D4.js.gz', gzipSync(SCRIPT))
put('assets/small-a1B2c3D4.js', SCRIPT)
put('assets/small-a1B2c3D4.js.gz', gzipSync(SCRIPT))
put('assets/small-a1B2c3D4.js.br', brotliCompressSync(SCRIPT))
put('assets/core-X1y2Z3w4.wasm', Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
put('docs/index.html', '<title>docs</title>')
put('empty.txt', '')
put('LICENSE', 'text')
for (const end of ['js', 'mjs', 'css', 'wasm', 'json', 'svg', 'png', 'ico', 'webmanifest', 'map', 'woff2', 'txt', 'html']) put(`types/x.${end}`, 'x')
put('.env', 'SECRET')
put('.git/config', 'SECRET')
put('a\\b.txt', 'SECRET')
fs.writeFileSync(path.join(root, 'secret.txt'), 'SECRET')
fs.symlinkSync('../secret.txt', path.join(app, 'link.txt'))
fs.symlinkSync('..', path.join(app, 'up'))
put('big.bin', '')
fs.truncateSync(path.join(app, 'big.bin'), BIG_BYTES)

let server
before(async () => (server = await serve({ args: ['--app', app] })))
after(() => server.stop())
const get = (path, headers = {}, method = 'GET') => ask(server.port, { path, headers, method })

/** What is answered to a request line that no client library would send. */
const raw = (line) => new Promise((resolve, reject) => {
  let text = ''
  const socket = connect(server.port, '127.0.0.1', () => socket.write(`${line}\r\nhost: x\r\nconnection: close\r\n\r\n`))
  socket.on('data', (data) => (text += data.toString('latin1'))).on('error', reject).on('close', () => resolve(text))
  socket.setTimeout(3000, () => socket.destroy())
})

const PAGES = [
  ['/', /<title>app/],
  ['/?storeId=a', /<title>app/],
  ['/?storeId=a%20b&theme=dark', /<title>app/],
  ['/some/route', /<title>app/],
  ['/some/route/?x=1', /<title>app/],
  ['/index.html', /<title>app/],
  ['/docs/', /<title>docs/],
]
for (const [asked, text] of PAGES) {
  test(`GET ${asked} is the page ${text.source.slice(7)}`, async () => {
    const answer = await get(asked)
    assert.equal(answer.status, 200)
    assert.match(answer.text, text)
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
    assert.equal(answer.headers['cache-control'], 'no-cache')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  })
}

test('each kind of file has its content type', async () => {
  const types = {
    js: 'text/javascript; charset=utf-8', mjs: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', wasm: 'application/wasm',
    json: 'application/json', svg: 'image/svg+xml', png: 'image/png', ico: 'image/x-icon', webmanifest: 'application/manifest+json',
    map: 'application/json', woff2: 'font/woff2', txt: 'text/plain; charset=utf-8', html: 'text/html; charset=utf-8',
  }
  for (const [end, type] of Object.entries(types)) assert.equal((await get(`/types/x.${end}`)).headers['content-type'], type)
  assert.equal((await get('/LICENSE')).headers['content-type'], 'application/octet-stream')
})

test('the pages of the server stay, and a missing file is 404', async () => {
  assert.equal(JSON.parse((await get('/health')).text).status, 'ok')
  assert.match((await get('/metrics')).text, /livestore_connections/)
  for (const path of ['/missing.js', '/assets/missing-a1B2c3D4.js', '/favicon.ico']) {
    const answer = await get(path)
    assert.equal(answer.status, 404)
    assert.equal(answer.headers['cache-control'], 'no-store')
  }
  assert.equal((await get('/missing.js', {}, 'HEAD')).text, '')
})

test('sync keeps its place on every path', async () => {
  assert.equal((await get('/?storeId=a&transport=ws')).status, 426)
  assert.equal((await get('/index.html?storeId=a&transport=http')).status, 405)
  assert.equal((await ask(server.port, { method: 'POST', path: '/index.html', body: 'x' })).status, 400)
  assert.equal((await ask(server.port, { method: 'DELETE', path: '/index.html' })).status, 400)
  const client = await Client.open(server.port, 'sync')
  assert.equal((await client.push([event(1)]))._tag, 'Success')
  await client.close()
})

test('pages that the server serves may sync, under either name of this machine', async () => {
  const status = async (origin) => {
    const answer = await upgrade({ port: server.port, query: '?storeId=a&transport=ws', headers: { origin } })
    answer.socket?.destroy()
    return answer.status
  }
  assert.equal(await status(`http://localhost:${server.port}`), 101)
  assert.equal(await status(`http://127.0.0.1:${server.port}`), 101)
  assert.equal(await status(`http://[::1]:${server.port}`), 101)
  assert.equal(await status('http://rebound.example'), 403)
})

const HIDDEN = [
  '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/%2e%2e%2fsecret.txt', '/%252e%252e/secret.txt', '/docs/../../secret.txt',
  '/docs/%2e%2e/%2e%2e/secret.txt', '/..\\secret.txt', '/..%5csecret.txt', '/a%5cb.txt', '/a\\b.txt', '/link.txt', '/up/secret.txt',
  '/.env', '/%2eenv', '/.git/config', '/docs/../.env', '//.env', '/./.env', '/index.html%00.txt', '/.env%00', '/%00', '//etc/passwd',
  `/${root}/secret.txt`, 'secret.txt', '../secret.txt', `file://${root}/secret.txt`, `http://x${root}/secret.txt`, '/%', '/%zz', '/%c0%ae%c0%ae/secret.txt',
]
for (const asked of HIDDEN) {
  test(`${JSON.stringify(asked.replace(root, 'ROOT'))} gives nothing away`, async () => {
    const text = await raw(`GET ${asked} HTTP/1.1`)
    assert.doesNotMatch(text, /SECRET|root:/)
    assert.match(text, /^(HTTP\/1.[01] (400|403|404) |HTTP\/1.1 200 [^]*<title>app|$)/)
    assert.equal((await get('/')).status, 200)
  })
}

test('what a browser has is not sent again', async () => {
  const first = await get('/'), tag = first.headers.etag
  assert.match(tag, /^"[0-9a-f]{16}"$/)
  for (const value of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
    const again = await get('/', { 'if-none-match': value })
    assert.equal(again.status, 304)
    assert.equal(again.text, '')
    assert.equal(again.headers.etag, tag)
    assert.equal(again.headers['cache-control'], 'no-cache')
  }
  assert.equal((await get('/', { 'if-none-match': '"other"' })).status, 200)
  await sleep(20)
  put('index.html', '<!doctype html><title>app 2</title>')
  const changed = await get('/', { 'if-none-match': tag })
  assert.equal(changed.status, 200)
  assert.match(changed.text, /app 2/)
})

test('hashed names are kept forever, other files are asked for again', async () => {
  assert.equal((await get('/assets/core-X1y2Z3w4.wasm')).headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal((await get('/types/x.js')).headers['cache-control'], 'no-cache')
})

test('a compressed twin goes to clients that take it', async () => {
  const url = `http://127.0.0.1:${server.port}/assets/app-a1B2c3D4.js`
  assert.equal(await (await fetch(url)).text(), SCRIPT)
  const bytes = gzipSync(SCRIPT).length
  const gzip = await get('/assets/app-a1B2c3D4.js', { 'accept-encoding': 'br, gzip' }, 'HEAD')
  assert.equal(gzip.headers['content-encoding'], 'gzip')
  assert.equal(gzip.headers['content-length'], String(bytes))
  assert.equal(gzip.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal(gzip.headers.vary, 'accept-encoding')
  for (const value of [undefined, 'identity', 'gzip;q=0']) {
    const plain = await get('/assets/app-a1B2c3D4.js', value ? { 'accept-encoding': value } : {})
    assert.equal(plain.headers['content-encoding'], undefined)
    assert.equal(plain.text, SCRIPT)
    assert.equal(plain.headers.vary, 'accept-encoding')
    assert.notEqual(plain.headers.etag, gzip.headers.etag)
  }
  const brotli = await get('/assets/small-a1B2c3D4.js', { 'accept-encoding': 'gzip, br' }, 'HEAD')
  assert.equal(brotli.headers['content-encoding'], 'br')
  assert.equal(brotli.headers['content-type'], 'text/javascript; charset=utf-8')
  const file = await get('/assets/app-a1B2c3D4.js.gz')
  assert.equal(file.headers['content-type'], 'application/gzip')
  assert.equal(file.headers['content-encoding'], undefined)
})

test('HEAD tells what GET would, without the file', async () => {
  const head = await get('/big.bin', {}, 'HEAD')
  assert.equal(head.status, 200)
  assert.equal(head.headers['content-length'], String(BIG_BYTES))
  assert.equal(head.text, '')
  assert.equal((await get('/empty.txt')).text, '')
})

test('requests follow one another on one connection', async () => {
  const socket = connect(server.port, '127.0.0.1')
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1')))
  const names = ['/', '/assets/app-a1B2c3D4.js', '/missing.js', '/empty.txt', '/health', '/docs/']
  for (const [i, name] of names.entries()) {
    socket.write(`GET ${name} HTTP/1.1\r\nhost: x\r\n\r\n`)
    await until(() => text.split('HTTP/1.1 ').length === i + 2 && !text.endsWith('\r\n\r\n') || name === '/empty.txt')
    await sleep(20)
  }
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
  assert.deepEqual(statuses, ['200', '200', '404', '200', '200', '200'])
  socket.destroy()
})

test('large files are streamed: memory stays, and sync goes on meanwhile', async () => {
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1])
  const before = resident()
  const readers = await Promise.all(Array.from({ length: 8 }, async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/big.bin`)
    return response.body.getReader()
  }))
  const client = await Client.open(server.port, 'meanwhile')
  for (let n = 1; n <= 20; n++) assert.equal((await client.push([event(n)]))._tag, 'Success')
  assert.ok(resident() - before < 16 << 10, `${resident() - before} kB more`)
  let bytes = 0
  for (let chunk; !(chunk = await readers[0].read()).done; ) bytes += chunk.value.length
  assert.equal(bytes, BIG_BYTES)
  await Promise.all(readers.slice(1).map((reader) => reader.cancel()))
  await client.close()
})

test('as many files are sent at a time as may be, and the next is told to come again', async () => {
  const ask = () => new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET /big.bin HTTP/1.1\r\nhost: x\r\n\r\n'))
    socket.once('data', (data) => resolve((socket.pause(), { socket, head: data.toString('latin1') }))).on('error', reject)
  })
  const answers = []
  for (let i = 0; i < 129; i++) answers.push(await ask())
  const statuses = answers.map(({ head }) => head.slice(9, 12))
  assert.deepEqual(statuses.slice(0, 128), Array(128).fill('200'))
  assert.equal(statuses[128], '503')
  assert.match(answers[128].head, /retry-after: 5/)
  for (const { socket } of answers) socket.destroy()
  await until(async () => (await get('/')).status === 200)
})

test('a file that is cut while it is sent ends the connection', async () => {
  put('cut.bin', '')
  fs.truncateSync(path.join(app, 'cut.bin'), BIG_BYTES)
  const response = await fetch(`http://127.0.0.1:${server.port}/cut.bin`)
  const reader = response.body.getReader()
  await reader.read()
  fs.truncateSync(path.join(app, 'cut.bin'), 1)
  await assert.rejects(async () => { while (!(await reader.read()).done); })
  assert.equal((await get('/')).status, 200)
})

test('a server stops while files are being sent', async () => {
  const other = await serve({ args: ['--app', app] })
  const response = await fetch(`http://127.0.0.1:${other.port}/big.bin`)
  const failed = response.arrayBuffer().catch((error) => error)
  await sleep(10)
  assert.deepEqual(await other.stop(), { code: 0, signal: null })
  await failed
})

test('an app that is put in another\'s place is served at once', async () => {
  const where = path.join(scratch(), 'site')
  fs.cpSync(app, where, { recursive: true, filter: (name) => !/big|cut/.test(name) })
  const other = await serve({ args: ['--app', where] })
  fs.renameSync(where, `${where}-old`)
  assert.equal((await ask(other.port, { path: '/' })).status, 404)
  fs.mkdirSync(where)
  fs.writeFileSync(path.join(where, 'index.html'), '<title>new</title>')
  assert.match((await ask(other.port, { path: '/' })).text, /new/)
  await other.stop()
})

test('a directory without index.html is refused at the start', async () => {
  for (const dir of [path.join(app, 'assets'), '/nowhere', path.join(app, 'LICENSE')]) {
    const { code, err } = await run(['serve', '--data', scratch(), '--listen', '127.0.0.1:0', '--app', dir])
    assert.equal(code, 1)
    assert.match(err, /--app .*index\.html cannot be read/)
  }
})

test('the twin is what was compressed', () => {
  assert.equal(gunzipSync(fs.readFileSync(path.join(app, 'assets/app-a1B2c3D4.js.gz'))).toString(), SCRIPT)
})
