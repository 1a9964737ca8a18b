/** A worker that keeps a store on the pool, without the rest of the package; it does what the page asks. */
import { loadCore, type CoreStore } from '../../../web/src/core/index.js'
import { openPool, removePool, type Directory, type OpfsPool } from '../../../web/src/opfs/index.js'
import { schema } from './todo-schema.js'

let pool: OpfsPool | undefined
let store: CoreStore | undefined
let serial = 0

const opened = (): CoreStore => {
  if (store) return store
  throw new Error('open the store first')
}

const directory = async () => {
  const root = await navigator.storage.getDirectory()
  return (await root.getDirectoryHandle('pool', { create: true })) as unknown as Directory
}

const commit = (text: string) => {
  const args = { id: String(serial++).padStart(8, '0'), text }
  opened().commit(JSON.stringify([{ name: 'v1.TodoCreated', args }]))
}

const calls = {
  async open(durability: 'process' | 'power' = 'process', waitMs = 5000) {
    const from = performance.now()
    pool = await openPool(await directory(), { waitMs })
    const core = await loadCore({ wasm: '/livestore.wasm', files: pool })
    store = core.open({ schema: schema.document, path: 'todos', durability })
    serial = calls.count()
    return performance.now() - from
  },
  count: () => Number(opened().query('SELECT count(*) FROM todos').rows[0]?.[0]),
  ids: () => opened().query('SELECT id FROM todos ORDER BY id').rows.map(([id]) => String(id)),
  files: () => pool?.count(),
  settled: () => pool?.settled(),
  /** Commits per second, one row each. */
  measure(n: number) {
    const from = performance.now()
    for (let i = 0; i < n; i++) commit('measured')
    return (n * 1000) / (performance.now() - from)
  },
  /** One row of so many characters. */
  large: (size: number) => commit('x'.repeat(size)),
  /** Commits without end, and tells after each ten how many rows there are. */
  run() {
    for (let i = 0; i < 10; i++) commit('run')
    postMessage({ committed: serial })
    setTimeout(calls.run)
  },
  close() {
    store?.close()
    pool?.close()
  },
  reset: async () => removePool(await directory()),
}

type Order = { readonly id: number; readonly call: keyof typeof calls; readonly args: readonly never[] }

self.addEventListener('message', ({ data }: MessageEvent<Order>) => {
  const call = calls[data.call] as (...args: readonly never[]) => unknown
  void Promise.resolve()
    .then(() => call(...data.args))
    .then(
      (value) => postMessage({ id: data.id, value }),
      (error: { code?: string; message?: string }) =>
        postMessage({ id: data.id, error: `${error.code ?? ''} ${error.message ?? String(error)}` }),
    )
})
