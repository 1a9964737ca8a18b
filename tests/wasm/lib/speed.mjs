// How fast a module for pages is, in Node: rows and milliseconds, the best of some rounds.
//   node tests/wasm/lib/speed.mjs MODULE…    needs web/node_modules
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const web = fileURLToPath(new URL('../../../web/', import.meta.url))
const { build } = createRequire(`${web}package.json`)('esbuild')
const program = await build({
  stdin: { contents: "export { loadCore } from './src/core/index.js'", resolveDir: web, loader: 'ts' },
  bundle: true, format: 'esm', platform: 'node', write: false,
})
const { loadCore } = await import(`data:text/javascript;base64,${Buffer.from(program.outputFiles[0].contents).toString('base64')}`)

const schema = JSON.stringify({
  livestore: 1,
  tables: ['CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0) STRICT'],
  events: {
    added: {
      args: { type: 'object', properties: { id: { type: 'string' }, text: { type: 'string' } }, required: ['id', 'text'] },
      sql: ['INSERT INTO todos (id, text) VALUES (:id, :text)'],
    },
  },
})

const events = (from, n) => JSON.stringify(Array.from({ length: n }, (_, i) => (
  { name: 'added', args: { id: `id-${from + i}`, text: 'buy milk and bread' } })))

const work = {
  'commits of 1 event': (store) => { for (let i = 0; i < 5000; i++) store.commit(events(i, 1)) },
  'commits of 1000': (store) => { for (let i = 0; i < 20; i++) store.commit(events(10_000 + i * 1000, 1000)) },
  'selects by key': (store) => {
    for (let i = 0; i < 20_000; i++) store.query('SELECT text FROM todos WHERE id = ?', [`id-${i % 5000}`])
  },
  'select of 25,000 rows': (store) => store.query('SELECT * FROM todos'),
  'join and group': (store) => store.query(
    "SELECT a.text, count(*), max(json_extract(json_array(b.id), '$[0]')) FROM todos a JOIN todos b ON a.id = b.id GROUP BY 1"),
}

for (const file of process.argv.slice(2)) {
  const wasm = readFileSync(file)
  const best = {}
  for (let round = 0; round < 5; round++) {
    const store = (await loadCore({ wasm })).open({ schema })
    for (const [name, run] of Object.entries(work)) {
      const from = performance.now()
      run(store)
      best[name] = Math.min(best[name] ?? Infinity, performance.now() - from)
    }
    store.close()
  }
  console.log(file, Object.entries(best).map(([name, ms]) => `${name}: ${ms.toFixed(1)} ms`).join(', '))
}
