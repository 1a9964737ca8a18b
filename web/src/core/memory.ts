import { CoreError, codeName, codeNumber } from './error.js'
import type { SqlParams, SqlValue } from './types.js'
import type { WasmExports } from './wasm.js'

// Offsets in ls_web (web/bridge/module.h), ls_error and ls_value.
const ERROR_AT = 24
const ERROR_ITEM = 8
const ERROR_TEXT = 16
const ERROR_TEXT_SIZE = 1000
const VALUE_SIZE = 16

const WITHOUT_FTS5 = '; give the adapter livestore/livestore-fts5.wasm as `wasm`'

const SCRATCH_SIZE = 1 << 16
/** Texts up to this length are faster written by hand, if they are ASCII. */
const SHORT = 64

const encoder = new TextEncoder()
/** Bytes as they are: a mark at the start is part of a text. */
export const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const given = (pointer: number): number => {
  if (pointer === 0) throw new CoreError('LS_ENOMEM', 'out of memory')
  return pointer
}

/** The module's memory: what a call is given is written to a stack of scratch, which calls from inside callbacks use
 * above what is there. Views are made anew when memory has grown. Whoever writes does it inside `scratch`. */
export class Memory {
  readonly wasm: WasmExports
  readonly web: number
  bytes!: Uint8Array
  ints!: Int32Array
  doubles!: Float64Array
  /** The size of the last text. */
  written = 0
  #top: number
  readonly #end: number
  readonly #extras: number[] = []
  /** What a callback threw last. */
  thrown: unknown

  constructor(wasm: WasmExports) {
    this.wasm = wasm
    this.#look()
    this.web = given(wasm.ls_web_new())
    this.#top = this.#malloc(SCRATCH_SIZE)
    this.#end = this.#top + SCRATCH_SIZE
  }

  #look(): void {
    const { buffer } = this.wasm.memory
    this.bytes = new Uint8Array(buffer)
    this.ints = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
  }

  /** To be called before a view is used, if anything was called since. */
  fresh(): void {
    if (this.bytes.length === 0) this.#look()
  }

  #malloc(size: number): number {
    const pointer = given(this.wasm.ls_web_alloc(size))
    this.fresh()
    return pointer
  }

  /** What the scratch has no room for is freed with it. */
  #alloc(size: number): number {
    this.fresh()
    const at = (this.#top + 7) & ~7
    if (at + size <= this.#end) {
      this.#top = at + size
      return at
    }
    const pointer = this.#malloc(size)
    this.#extras.push(pointer)
    return pointer
  }

  /** Run it, and forget what it has written. */
  scratch<T>(work: () => T): T {
    const top = this.#top
    const extras = this.#extras.length
    try {
      return work()
    } finally {
      this.#top = top
      while (this.#extras.length > extras) this.wasm.ls_web_free(this.#extras.pop() ?? 0)
    }
  }

  /** Write a text with a NUL behind it. */
  text(text: string): number {
    const { length } = text
    const most = length * 3 + 1
    const at = this.#alloc(most)
    const size = this.#ascii(text, at) ? length : encoder.encodeInto(text, this.bytes.subarray(at)).written
    this.bytes[at + size] = 0
    this.written = size
    if (this.#top === at + most) this.#top = at + size + 1
    return at
  }

  #ascii(text: string, at: number): boolean {
    if (text.length > SHORT) return false
    const { bytes } = this
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) return false
      bytes[at + i] = code
    }
    return true
  }

  /** Write values as an array of ls_value. Booleans are 0 and 1. */
  values(values: SqlParams | readonly (SqlValue | boolean | undefined)[]): number {
    if (values.length === 0) return 0
    const at = this.#alloc(values.length * VALUE_SIZE)
    for (let i = 0; i < values.length; i++) this.#value(at + i * VALUE_SIZE, values[i])
    return at
  }

  #value(at: number, value: SqlValue | boolean | undefined): void {
    if (typeof value === 'string') {
      const text = this.text(value)
      this.#sized(at, 3, text, this.written)
    } else if (typeof value === 'number') {
      const whole = Number.isSafeInteger(value) && !Object.is(value, -0)
      if (whole) return this.#sized(at, 1, value, Math.floor(value / 0x100000000))
      this.ints[at >> 2] = 2
      this.doubles[(at + 8) >> 3] = value
    } else if (typeof value === 'bigint') {
      this.#sized(at, 1, Number(BigInt.asIntN(32, value)), Number(value >> 32n))
    } else if (value instanceof Uint8Array) {
      const blob = this.blob(value)
      this.#sized(at, 4, blob, value.length)
    } else if (typeof value === 'boolean') {
      this.#sized(at, 1, Number(value), 0)
    } else if (value === null || value === undefined) {
      this.ints[at >> 2] = 0
    } else {
      const got = Object.prototype.toString.call(value).slice(8, -1)
      throw new CoreError('LS_EARGS', `expected null, a number, a bigint, a string or a Uint8Array as parameter, got ${got}`)
    }
  }

  /** A type, and the two halves of an integer, or a pointer and a size. */
  #sized(at: number, type: number, low: number, high: number): void {
    this.ints[at >> 2] = type
    this.ints[(at + 8) >> 2] = low
    this.ints[(at + 12) >> 2] = high
  }

  blob(data: Uint8Array): number {
    const at = this.#alloc(data.length + 1)
    this.bytes.set(data, at)
    return at
  }

  /** Read a text that ends with a NUL. */
  string(at: number): string {
    this.fresh()
    return this.slice(at, this.bytes.indexOf(0, at) - at)
  }

  /** Read a text of a size. */
  slice(at: number, size: number): string {
    this.fresh()
    return decoder.decode(this.bytes.subarray(at, at + size))
  }

  /** The last call's result if it is none of an error. */
  check(result: number): number {
    if (result < 0) throw this.error()
    return result
  }

  /** The same for those that give a pointer. */
  pointer(result: number): number {
    if (result === 0) throw this.error()
    return result
  }

  error(at = this.web + ERROR_AT): CoreError {
    const message = this.string(at + ERROR_TEXT).replace(/no such module: fts5$/, `$&${WITHOUT_FTS5}`)
    const { thrown } = this
    const cause = thrown !== undefined && message.includes(messageOf(thrown)) ? { cause: thrown } : undefined
    if (cause) this.thrown = undefined
    return new CoreError(codeName(this.ints[at >> 2] ?? 0), message, this.ints[(at + ERROR_ITEM) >> 2], cause)
  }

  /** Tell C what a callback threw, and give the code. */
  fail(at: number, thrown: unknown, code: string): number {
    this.thrown = thrown
    const number = codeNumber(thrown instanceof CoreError ? thrown.code : code)
    if (at === 0) return number
    this.fresh()
    // The item is -1, in 64 bits.
    this.ints[at >> 2] = number
    this.ints.fill(-1, (at + ERROR_ITEM) >> 2, (at + ERROR_TEXT) >> 2)
    const text = this.bytes.subarray(at + ERROR_TEXT, at + ERROR_TEXT + ERROR_TEXT_SIZE - 1)
    text[encoder.encodeInto(messageOf(thrown), text).written] = 0
    return number
  }
}

/** One line, short enough to be found again in what C makes of it. */
const messageOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message || thrown.name : String(thrown)).replace(/\s*\n\s*/g, ' ').slice(0, 300)
