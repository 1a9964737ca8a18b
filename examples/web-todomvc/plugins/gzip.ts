/** Puts a compressed twin beside each file that is worth it: `livestore serve --app` sends it in the file's place. */
import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

export const gzipTwins = (): Plugin => ({
  name: 'gzip-twins',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (!/\.(js|css|wasm)$/.test(file.fileName)) continue
        const source = gzipSync(file.type === 'asset' ? file.source : file.code, { level: 9 })
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source })
      }
    },
  },
})
