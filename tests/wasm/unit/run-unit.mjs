// Runs unit tests as WebAssembly: the programs of the C library that `make test-wasm` has built, on files in memory.
// Each test has an instance of its own, since a failure leaves it in the middle.
//   node tests/wasm/unit/run-unit.mjs DIRECTORY [NAME…]     VERBOSE=1 shows what the tests print
import { openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { host } from '../lib/pool.mjs'

// WASI's functions count the memory they take, which may start a collection; inside a fast call V8 does not survive one.
// Source: https://github.com/nodejs/node/issues/46777
setFlagsFromString('--no-turbo-fast-api-calls')

process.removeAllListeners('warning')
process.on('warning', (warning) => warning.name !== 'ExperimentalWarning' && console.error(warning))
const { WASI } = await import('node:wasi')

const [directory, ...wanted] = process.argv.slice(2)
const root = new URL('../../../', import.meta.url)
const quiet = process.env.VERBOSE ? {} : { stdout: openSync('/dev/null', 'w'), stderr: openSync('/dev/null', 'w') }

class Failed extends Error {}
class Skipped extends Error {}

/** Runs the tests that `choose` takes, in a fresh instance; `choose` gets their names and numbers. */
async function run(module, choose) {
  let exports
  let number = 0
  const memory = () => exports.memory
  const text = (at) => {
    const bytes = Buffer.from(memory().buffer)
    return bytes.toString('utf8', at, bytes.indexOf(0, at))
  }
  const wasi = new WASI({ version: 'preview1', preopens: { '.': root.pathname }, env: process.env, ...quiet })
  const instance = await WebAssembly.instantiate(module, {
    ...wasi.getImportObject(),
    env: host(memory),
    test: {
      test_begins: (name) => (choose(text(name), number++) ? 1 : 0),
      test_failed: (at) => { throw new Failed(text(at)) },
      test_skipped: () => { throw new Skipped() },
    },
  })
  exports = instance.exports
  wasi.initialize(instance)
  exports.run()
}

async function leftOut() {
  const lines = (await readFile(new URL('left-out.txt', import.meta.url), 'utf8')).split('\n')
  return new Map(lines.filter((line) => line && !line.startsWith('#')).map((line) => {
    const [name, ...why] = line.split(/ +/)
    return [name, why.join(' ')]
  }))
}

async function outcome(module, index) {
  try {
    await run(module, (_, number) => number === index)
    return 'passed'
  } catch (error) {
    if (error instanceof Skipped) return 'skipped'
    return error instanceof Failed ? error.message : String(error.stack ?? error)
  }
}

const out = await leftOut()
const counts = { programs: 0, passed: 0, skipped: 0, failed: 0 }
const files = (await readdir(directory)).filter((file) => file.endsWith('.wasm')).sort()
for (const file of files) {
  const program = basename(file, '.wasm')
  if (out.has(program) || (wanted.length && !wanted.includes(program))) continue
  const module = await WebAssembly.compile(await readFile(join(directory, file)))
  const names = []
  await run(module, (name) => (names.push(name), false))
  counts.programs++
  const started = performance.now()
  for (const [index, name] of names.entries()) {
    if (out.has(`${program}/${name}`)) continue
    const result = await outcome(module, index)
    const kind = result === 'passed' || result === 'skipped' ? result : 'failed'
    counts[kind]++
    if (kind === 'failed') console.log(`FAIL  ${program}/${name}\n      ${result}`)
  }
  console.log(`      ${program}: ${names.length} tests, ${((performance.now() - started) / 1000).toFixed(1)} s`)
}
for (const [name, why] of out) console.log(`left out: ${name}: ${why}`)
console.log(`${counts.programs} programs: ${counts.passed} tests passed, ${counts.skipped} skipped, ${counts.failed} failed`)
process.exitCode = counts.failed || counts.programs === 0 ? 1 : 0
