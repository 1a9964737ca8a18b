import { Schema } from '../../../web/src/schema/index.js'
import { makeWorker } from '../../../web/src/worker/index.js'
import { schemas } from './schemas.js'

const settings = new URLSearchParams(self.name.split('?')[1] ?? '')
if (settings.has('without-opfs')) Reflect.deleteProperty(self, 'FileSystemSyncAccessHandle')
if (settings.has('private'))
  navigator.storage.getDirectory = () => Promise.reject(new DOMException('not in this window', 'SecurityError'))

// Only for tests: what a crash of the library looks like.
self.addEventListener('message', ({ data }) => {
  if (data === 'crash') throw new Error('unreachable')
})

const schema = schemas[settings.get('schema') ?? '']
if (!schema) throw new Error(`there is no schema "${settings.get('schema')}"`)

makeWorker({
  schema,
  ...(settings.has('payload') && { syncPayloadSchema: Schema.Struct({ authToken: Schema.String }) }),
})
