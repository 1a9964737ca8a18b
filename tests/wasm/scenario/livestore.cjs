#!/usr/bin/env -S node --no-warnings --liftoff-only --no-turbo-fast-api-calls
// The command as WebAssembly, livestore.wasm beside this file, with the files, streams and environment of this process.
// --liftoff-only: it runs for a moment, in which code that is compiled again and better comes too late.
// --no-turbo-fast-api-calls: as in tests/wasm/unit/run-unit.mjs, which says why.
const { readFileSync } = require('node:fs')
const { WASI } = require('node:wasi')

const wasi = new WASI({
  version: 'preview1',
  args: ['livestore', ...process.argv.slice(2)],
  env: { ...process.env, PWD: process.cwd() },
  preopens: { '/': '/' },
  returnOnExit: true,
})

const Z_DATA_ERROR = -3
const bytes = (at, size) => new Uint8Array(instance.exports.memory.buffer, at, size)
let unpacked

/** What gzip.c imports. */
const host = {
  gunzip: (at, size) => {
    try {
      unpacked = require('node:zlib').gunzipSync(bytes(at, size))
      return unpacked.length
    } catch (error) {
      return error.errno ?? Z_DATA_ERROR
    }
  },
  gunzip_take: (at) => bytes(at, unpacked.length).set(unpacked),
}

const code = new WebAssembly.Module(readFileSync(`${__dirname}/livestore.wasm`))
const instance = new WebAssembly.Instance(code, { wasi_snapshot_preview1: wasi.wasiImport, host })
process.exitCode = wasi.start(instance)
