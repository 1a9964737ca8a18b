import { CoreError, codeName, codeNumber } from './error.js'
import type { SqlParams, SqlValue } from './types.js'
import type { WasmExports } from './wasm.js'

// Offsets in ls_web (web/bridge/module.h), ls_error and ls_value.
const ERROR_AT = 24
const ERROR_ITEM = 8
const ERROR_TEXT = 16
const ERROR_TEXT_SIZE = 1000
const VALUE_SIZE = 16

const SCRATCH_FIRST = 1 << 16
const SCRATCH_MOST = 1 << 22
/** Texts up to this length are faster written by hand, if they are ASCII. */
const SHORT = 64

const encoder = new TextEncoder()
/** Bytes as they are: a mark at the start is part of a text. */
export const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The module's memory: what a call is given is written to a stack of scratch, which calls from inside callbacks use
 * above what is there. Views are made anew when memory has grown. Whoever calls keeps `top` and gives it to `release`. */
export class Memory {
  readonly wasm: WasmExports
  readonly web: number
  bytes!: Uint8Array
  ints!: Int32Array
  doubles!: Float64Array
  view!: DataView
  top = 0
  /** The size of the last text. */
  written = 0
  #base = 0
  #end = 0
  #wanted = 0
  #extras: { at: number; pointer: number }[] = []
  /** What a callback threw last. */
  thrown: unknown

  constructor(wasm: WasmExports) {
    this.wasm = wasm
    this.#look()
    this.web = wasm.ls_web_new()
    this.#resize(SCRATCH_FIRST)
    if (this.web === 0 || this.#base === 0) throw new CoreError('LS_ENOMEM', 'out of memory')
  }

  #look(): void {
    const { buffer } = this.wasm.memory
    this.bytes = new Uint8Array(buffer)
    this.ints = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    this.view = new DataView(buffer)
  }

  /** To be called before a view is used, if anything was called since. */
  fresh(): void {
    if (this.bytes.length === 0) this.#look()
  }

  #resize(size: number): void {
    this.wasm.ls_web_free(this.#base)
    this.#base = this.top = this.wasm.ls_web_alloc(size)
    this.#end = this.#base === 0 ? 0 : this.#base + size
    this.fresh()
  }

  #alloc(size: number): number {
    this.fresh()
    const at = (this.top + 7) & ~7
    if (at + size <= this.#end) {
      this.top = at + size
      return at
    }
    const pointer = this.wasm.ls_web_alloc(size)
    if (pointer === 0) throw new CoreError('LS_ENOMEM', 'out of memory')
    this.#extras.push({ at: this.top, pointer })
    // Marks taken from here on lie behind this one.
    this.top += 8
    this.#wanted = Math.max(this.#wanted, size * 2)
    this.fresh()
    return pointer
  }

  /** Forget what was written since `mark` was the top. */
  release(mark: number): void {
    this.top = mark
    for (let last = this.#extras.at(-1); last && last.at >= mark; last = this.#extras.at(-1)) {
      this.wasm.ls_web_free(last.pointer)
      this.#extras.pop()
    }
    if (this.#wanted > 0 && mark === this.#base) {
      const size = Math.min(this.#wanted, SCRATCH_MOST)
      this.#wanted = 0
      if (size > this.#end - this.#base) this.#resize(size)
    }
  }

  /** Write a text with a NUL behind it. */
  text(text: string): number {
    const { length } = text
    const at = this.#alloc(length <= SHORT ? SHORT * 3 + 1 : length * 3 + 1)
    const size = this.#ascii(text, at) ? length : encoder.encodeInto(text, this.bytes.subarray(at)).written
    this.bytes[at + size] = 0
    this.written = size
    if (at >= this.#base && at < this.#end) this.top = at + size + 1
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

  /** A text or NULL. */
  maybe(text: string | null | undefined): number {
    return text === null || text === undefined ? 0 : this.text(text)
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
      this.ints[at >> 2] = whole ? 1 : 2
      if (!whole) this.doubles[(at + 8) >> 3] = value
      else this.#int(at + 8, value)
    } else if (typeof value === 'bigint') {
      this.ints[at >> 2] = 1
      this.view.setBigInt64(at + 8, value, true)
    } else if (value instanceof Uint8Array) {
      const blob = this.blob(value)
      this.#sized(at, 4, blob, value.length)
    } else if (typeof value === 'boolean') {
      this.ints[at >> 2] = 1
      this.#int(at + 8, Number(value))
    } else if (value === null || value === undefined) {
      this.ints[at >> 2] = 0
    } else {
      const got = Object.prototype.toString.call(value).slice(8, -1)
      throw new CoreError('LS_EARGS', `a parameter is null, a number, a bigint, a text or a Uint8Array, not ${got}`)
    }
  }

  #int(at: number, value: number): void {
    this.ints[at >> 2] = value
    this.ints[(at + 4) >> 2] = Math.floor(value / 0x100000000)
  }

  #sized(at: number, type: number, pointer: number, size: number): void {
    this.ints[at >> 2] = type
    this.ints[(at + 8) >> 2] = pointer
    this.ints[(at + 12) >> 2] = size
  }

  blob(data: Uint8Array): number {
    const at = this.#alloc(data.length + 1)
    this.bytes.set(data, at)
    return at
  }

  /** Read a text that ends with a NUL. */
  string(at: number): string {
    this.fresh()
    return decoder.decode(this.bytes.subarray(at, this.bytes.indexOf(0, at)))
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
    const message = this.string(at + ERROR_TEXT)
    const { thrown } = this
    const cause = thrown !== undefined && message.includes(messageOf(thrown)) ? { cause: thrown } : undefined
    if (cause) this.thrown = undefined
    const code = codeName(this.view.getInt32(at, true))
    return new CoreError(code, message, Number(this.view.getBigInt64(at + ERROR_ITEM, true)), cause)
  }

  /** Tell C what a callback threw, and give the code. */
  fail(at: number, thrown: unknown, code: string): number {
    this.thrown = thrown
    const number = codeNumber(thrown instanceof CoreError ? thrown.code : code)
    if (at === 0) return number
    this.fresh()
    this.view.setInt32(at, number, true)
    this.view.setBigInt64(at + ERROR_ITEM, -1n, true)
    const text = this.bytes.subarray(at + ERROR_TEXT, at + ERROR_TEXT + ERROR_TEXT_SIZE - 1)
    text[encoder.encodeInto(messageOf(thrown), text).written] = 0
    return number
  }
}

/** One line, short enough to be found again in what C makes of it. */
const messageOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message || thrown.name : String(thrown)).replace(/\s*\n\s*/g, ' ').slice(0, 300)
