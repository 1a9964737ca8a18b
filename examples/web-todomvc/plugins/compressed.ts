/** Puts compressed twins beside each file that is worth it: `livestore serve --app` sends one in the file's place. They
 * are written behind the files themselves, since a twin that is older is taken for one of another file. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

export const compressedTwins = (): Plugin => ({
  name: 'compressed-twins',
  apply: 'build',
  async writeBundle({ dir = '.' }, bundle) {
    for (const file of Object.values(bundle)) {
      if (!/\.(js|css|wasm)$/.test(file.fileName)) continue
      const whole = file.type === 'asset' ? file.source : file.code
      await writeFile(join(dir, `${file.fileName}.gz`), gzipSync(whole, { level: 9 }))
      await writeFile(join(dir, `${file.fileName}.br`), brotliCompressSync(whole))
    }
  },
})
