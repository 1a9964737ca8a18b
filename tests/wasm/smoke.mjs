// The module loads, its imports are the few that a host must give, its exports are the public functions, and plain
// calls work; the modules for pages are small.  node tests/wasm/smoke.mjs build/livestore.wasm
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { host } from './lib/pool.mjs'

const root = new URL('../../', import.meta.url)
const module = await WebAssembly.compile(await readFile(process.argv[2] ?? new URL('build/livestore.wasm', root)))

/** Calls into a fresh instance of the module, with text copied in and out of its memory. */
async function load() {
  const bytes = () => new Uint8Array(exports.memory.buffer)
  const badFile = () => 8 // WASI's EBADF: there are no files
  const { exports } = await WebAssembly.instantiate(module, {
    env: host(() => exports.memory),
    wasi_snapshot_preview1: { fd_close: badFile, fd_seek: badFile, fd_write: badFile },
  })
  exports._initialize()
  const text = (at) => Buffer.from(bytes().subarray(at, bytes().indexOf(0, at))).toString()
  const put = (string) => {
    const data = Buffer.from(string + '\0')
    const at = exports.malloc(data.length)
    bytes().set(data, at)
    return at
  }
  return { exports, text, put }
}

test('imports nothing but the host functions and three of WASI', () => {
  const names = WebAssembly.Module.imports(module).map((i) => `${i.module}.${i.name}`)
  const known = [
    'env.ls_host_monotonic_ms', 'env.ls_host_random', 'env.ls_host_time_ms',
    ...['count', 'flush', 'read', 'size', 'spare', 'truncate', 'write'].map((name) => `env.ls_host_file_${name}`),
    'wasi_snapshot_preview1.fd_close', 'wasi_snapshot_preview1.fd_seek', 'wasi_snapshot_preview1.fd_write',
  ]
  assert.deepEqual(names.filter((name) => !known.includes(name)), [])
})

test('exports what the headers declare, but for what needs sockets', async () => {
  const sockets = [
    'ls_connect', 'ls_disconnect', 'ls_lock', 'ls_pump', 'ls_sync_fd', 'ls_sync_timeout_ms', 'ls_sync_wait', 'ls_unlock',
  ]
  const headers = await Promise.all(
    ['livestore.h', 'livestore_host.h'].map((name) => readFile(new URL(`include/${name}`, root), 'utf8')))
  const declared = [...headers.join('').matchAll(/^LS_API .*?\b(ls_[a-z0-9_]*)\(/gm)].map((match) => match[1])
  assert.ok(declared.includes('ls_transport_attach'))
  const exported = WebAssembly.Module.exports(module).map((e) => e.name)
  assert.deepEqual(declared.filter((name) => !exported.includes(name)).sort(), sockets)
})

test('gives its version', async () => {
  const { exports, text } = await load()
  assert.match(text(exports.ls_version()), /^\d+\.\d+\.\d+$/)
})

test('reads and writes a sequence number', async () => {
  const { exports, text, put } = await load()
  const seq = exports.malloc(24)
  assert.equal(exports.ls_seqnum_parse(seq, put('e5.1r2'), 0), 0)
  assert.equal(text(exports.ls_seqnum_format(seq, exports.malloc(72))), 'e5.1r2')
})

test('checks a schema, with SQLite in memory', async () => {
  const { exports, put, text } = await load()
  const check = (schema) => {
    const source = exports.malloc(20)
    const error = exports.malloc(1024)
    new Uint8Array(exports.memory.buffer).fill(0, source, source + 20).fill(0, error, error + 1024)
    new DataView(exports.memory.buffer).setUint32(source + 4, put(JSON.stringify(schema)), true)
    return { code: exports.ls_schema_check(source, error), text: text(error + 16) }
  }
  const table = 'CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT'
  assert.deepEqual(check({ livestore: 1, tables: [table], events: {} }), { code: 0, text: '' })
  const wrong = check({ livestore: 1, tables: ['CREATE TABLE'], events: {} })
  assert.equal(wrong.code, -8)
  assert.notEqual(wrong.text, '')
})

/** A stride forward is welcome; what grows a module by more than some kilobytes wants a reason. */
const most = { 'livestore-web.wasm': 367_000, 'livestore-web-fts5.wasm': 435_000 }

for (const [name, bytes] of Object.entries(most)) {
  test(`${name} takes at most ${bytes} bytes of a download`, async () => {
    const module = await readFile(new URL(`build/${name}`, root))
    assert.ok(gzipSync(module, { level: 9 }).length <= bytes)
    const exported = WebAssembly.Module.exports(await WebAssembly.compile(module)).map((e) => e.name)
    assert.deepEqual(exported.filter((one) => !/^(memory|_initialize|ls_web_[a-z_]+)$/.test(one)), [])
  })
}
