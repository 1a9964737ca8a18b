/** The C library in WebAssembly, as the rest of the package uses it. */
export type * from './types.js'
export { CoreError } from './error.js'
export type { HostFiles } from './host.js'
export { compileCore, loadCore, type CoreOptions, type WasmSource } from './module.js'
export { nanoid } from './nanoid.js'
