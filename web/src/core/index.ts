/** The C library in WebAssembly, as the rest of the package uses it. */
export type * from './types.js'
export { loadCore, type CoreOptions } from './core.js'
export { CoreError } from './error.js'
export type { HostFiles } from './files.js'
export { compileCore, type WasmSource } from './module.js'
export { nanoid } from './nanoid.js'
