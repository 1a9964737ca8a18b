import type { CoreErrorInfo } from './types.js'

/** In the order of ls_code in livestore.h: the code of `CODES[n]` is -n. */
const CODES = (
  'OK ENOMEM EIO EFULL ELOCKED ENOTFOUND EEXISTS EJSON ESCHEMA EARGS EEVENT EMATERIALIZE ESQL EREADONLY ECORRUPT ' +
  'EFORMAT EORDER ELIMIT EABORT ECYCLE EOFFLINE EACCESS EBACKEND EPROTOCOL'
).split(' ')

/** The name of a code, such as "LS_EARGS". */
export const codeName = (code: number): string => `LS_${CODES[-code] ?? `E${-code}`}`

/** The number of a code's name; LS_EABORT for a name that is none. */
export function codeNumber(name: string): number {
  const at = CODES.indexOf(name.slice(3))
  return at > 0 ? -at : -CODES.indexOf('EABORT')
}

/** An error of the library. What a callback of the application threw is its `cause`. */
export class CoreError extends Error implements CoreErrorInfo {
  /** The name of an ls_code: "LS_EARGS" … */
  readonly code: string
  /** Which event of a commit was wrong, from 0; -1 when it is not about one. */
  readonly item: number

  constructor(code: string, message: string, item = -1, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CoreError'
    this.code = code
    this.item = item
  }
}

/** Tells of an error that nobody waits for, as the browser does of one that nobody caught. */
export const reportLater = (error: unknown): void => {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void }
  if (reportError) reportError(error)
  else console.error(error)
}
