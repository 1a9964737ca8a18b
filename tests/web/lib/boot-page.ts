/** A page that boots as an adapter does, part by part. */
import { compileCore } from '../../../web/src/core/index.js'
import { loadSession } from '../../../web/src/core/session.js'
import { schema } from './todo-schema.js'

export interface BootOrder {
  readonly wasm: WebAssembly.Module
  readonly hello: Uint8Array
}

export interface BootParts {
  /** Of the clock that all threads share. */
  readonly begun: number
  readonly ended: number
  readonly parts: readonly (readonly [string, number])[]
  readonly welcome: Uint8Array<ArrayBuffer>
}

const clock = (): number => performance.timeOrigin + performance.now()

const next = <T>(worker: Worker): Promise<T> =>
  new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data as T), { once: true })
    worker.addEventListener('error', ({ message }) => reject(new Error(message)), { once: true })
  })

/** Milliseconds of each part, in order. */
const boot = async (): Promise<[string, number][]> => {
  const parts: [string, number][] = []
  let last = clock()
  const lap = (name: string, until = clock()): void => {
    parts.push([name, until - last])
    last = until
  }
  const wasm = await compileCore()
  lap('page: fetch and compile the module')
  const store = await loadSession(wasm, { schema: schema.document, storeId: 'test' })
  lap('page: instantiate it, open the session')
  const worker = new Worker('/boot-worker.js', { type: 'module' })
  const hello = store.uplinkHello()
  const answered = next<BootParts>(worker)
  worker.postMessage({ wasm, hello } satisfies BootOrder)
  const { begun, ended, parts: theirs, welcome } = await answered
  const closed = next(worker)
  lap('worker: start', begun)
  parts.push(...theirs.map(([name, ms]): [string, number] => [`worker: ${name}`, ms]))
  last = ended
  lap(`from worker to page: ${(welcome.length / 1e6).toFixed(1)} MB`)
  store.uplinkReceive(welcome)
  lap('page: take the welcome in')
  store.query('SELECT * FROM todos ORDER BY rowid DESC LIMIT 50')
  lap('page: a first query')
  await closed
  worker.terminate()
  store.close()
  return parts
}

declare global {
  interface Window {
    boot: typeof boot
  }
}
window.boot = boot
