/** A page with workers on the pool: `lab(name, call, ...args)` asks the worker of that name, which is made when needed. */
const workers = new Map<string, Worker>()
const waiting = new Map<number, (message: { value?: unknown; error?: string }) => void>()
let last = 0

const workerOf = (name: string): Worker => {
  const found = workers.get(name) ?? new Worker('/opfs-worker.js', { type: 'module', name })
  if (!workers.has(name)) {
    workers.set(name, found)
    found.addEventListener('message', ({ data }) => {
      if (data.committed) return void (globalThis as unknown as { told(n: number): void }).told(data.committed)
      waiting.get(data.id)?.(data)
      waiting.delete(data.id)
    })
  }
  return found
}

const lab = (name: string, call: string, ...args: unknown[]) =>
  new Promise((resolve, reject) => {
    const id = ++last
    waiting.set(id, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error))))
    workerOf(name).postMessage({ id, call, args })
  })

Object.assign(globalThis, { lab })
