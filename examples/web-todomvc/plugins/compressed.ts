/** Puts compressed twins beside each file that is worth it: `livestore serve --app` sends one in the file's place. */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

export const compressedTwins = (): Plugin => ({
  name: 'compressed-twins',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (!/\.(js|css|wasm)$/.test(file.fileName)) continue
        const whole = file.type === 'asset' ? file.source : file.code
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: gzipSync(whole, { level: 9 }) })
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.br`, source: brotliCompressSync(whole) })
      }
    },
  },
})
