import { CoreError } from './error.js'
import { hostFunctions, systemFunctions, type Bridge, type HostFunctions, type MemoryOf } from './host.js'
import { Memory } from './memory.js'
import { rowsCache } from './rows.js'
import type { WasmExports } from './wasm.js'

/** Where the WebAssembly module comes from: its address, its bytes, or what was compiled of it. */
export type WasmSource = URL | string | BufferSource | WebAssembly.Module

let compiled: Promise<WebAssembly.Module> | undefined

/** Node's fetch knows no files. They are read without an `import`, which bundlers for browsers would follow. */
const { process } = globalThis as {
  process?: { getBuiltinModule?(name: 'node:fs/promises'): { readFile(url: URL): Promise<BufferSource> } }
}

/** Compiled while it is downloaded, if the server says that it is WebAssembly. */
async function compileFrom(url: URL | string): Promise<WebAssembly.Module> {
  const fs = url instanceof URL && url.protocol === 'file:' && process?.getBuiltinModule?.('node:fs/promises')
  if (fs) return WebAssembly.compile(await fs.readFile(url))
  const response = await fetch(url)
  if (!response.ok) throw new CoreError('LS_ENOTFOUND', `${String(url)}: the server answers ${response.status}`)
  const streams = response.headers.get('content-type')?.startsWith('application/wasm') ?? false
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer())
}

/** The module of this package, compiled once. Bundlers know this form of address: they put the file where it is found. */
function ownModule(): Promise<WebAssembly.Module> {
  compiled ??= compileFrom(new URL('./livestore.wasm', import.meta.url)).catch((error: unknown) => {
    compiled = undefined
    throw error
  })
  return compiled
}

/** The module, compiled: it may be sent to workers. */
export async function compileCore(source?: WasmSource): Promise<WebAssembly.Module> {
  if (source === undefined) return ownModule()
  if (source instanceof WebAssembly.Module) return source
  if (typeof source === 'string' || source instanceof URL) return compileFrom(source)
  return WebAssembly.compile(source)
}

/** Load the library, with the functions that it imports beside those that every store needs: `system` may be called
 * while it is loaded. */
export async function loadBridge(
  source?: WasmSource,
  system: (memory: MemoryOf) => HostFunctions = () => ({}),
  callbacks: (bridge: Bridge) => HostFunctions = () => ({}),
): Promise<Bridge> {
  const module = await compileCore(source)
  let memory: Memory | undefined
  let host: HostFunctions = {}
  const memoryOf = (): Memory => memory as Memory
  const env: WebAssembly.ModuleImports = { ...systemFunctions(memoryOf), ...system(memoryOf) }
  const imports: WebAssembly.Imports = { env }
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') continue
    const group = (imports[from] ??= {})
    // Functions of WASI are linked in but never called: there is no such file.
    group[name] ??= from === 'env' ? (...args: number[]) => host[name]?.(...args) : () => 8
  }
  const { exports } = await WebAssembly.instantiate(module, imports)
  const wasm = exports as unknown as WasmExports
  wasm._initialize()
  memory = new Memory(wasm)
  let ids = 0
  const bridge: Bridge = { memory, rows: rowsCache(memory), stores: new Map(), nodes: new Map(), id: () => ++ids }
  host = { ...hostFunctions(bridge), ...callbacks(bridge) }
  return bridge
}
