/** A worker that opens a store as a leader does, and tells how long each part took. */
import { loadCore } from '../../../web/src/core/index.js'
import { openStorage } from '../../../web/src/worker/storage.js'
import type { BootOrder, BootParts } from './boot-page.js'
import { schema } from './todo-schema.js'

self.addEventListener('message', ({ data: { wasm, hello } }: MessageEvent<BootOrder>) => {
  const begun = performance.timeOrigin + performance.now()
  const parts: [string, number][] = []
  let last = performance.now()
  const lap = (name: string): void => {
    const now = performance.now()
    parts.push([name, now - last])
    last = now
  }
  const boot = async (): Promise<void> => {
    const storage = await openStorage('livestore-test', false, console.error)
    lap('open the files')
    const core = await loadCore({ wasm, ...(storage.files && { files: storage.files }) })
    lap('instantiate the module')
    const store = core.open({ schema: schema.document, storeId: 'test', sessionId: 'leader', path: '/store' })
    lap('open the store')
    const downlink = store.downlink(hello)
    const welcome = downlink.take() as Uint8Array
    lap('make the welcome')
    postMessage({ begun, parts, welcome, ended: performance.timeOrigin + performance.now() } satisfies BootParts, {
      transfer: [welcome.buffer],
    })
    store.close()
    storage.close()
    postMessage('closed')
  }
  void boot()
})
