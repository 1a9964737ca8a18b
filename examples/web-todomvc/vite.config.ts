import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressedTwins } from './plugins/compressed.js'
import { offline } from './plugins/offline.js'

export default defineConfig({
  plugins: [react(), offline(), compressedTwins()],
  // The package is a link to what `make web` builds; what it imports itself, React, is found here.
  resolve: { preserveSymlinks: true },
  // Bundled beforehand, it would look for its WebAssembly module in the wrong place.
  optimizeDeps: { exclude: ['livestore', 'livestore/react', 'livestore/worker'] },
  server: { fs: { allow: ['.', '../../build/web'] } },
  worker: { format: 'es' },
  build: { outDir: '../../build/web-todomvc', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
})
