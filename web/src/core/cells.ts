import { decoder, type Memory } from './memory.js'
import type { Rows, SqlValue } from './types.js'

const BOX = 0x7ff80000

/** The result of the last call, value by value; web/bridge/cells.h draws the form. Good until the next call. */
export class Cells {
  readonly #memory: Memory
  readonly #ints: Int32Array
  readonly #doubles: Float64Array
  readonly #text: string
  #at: number
  readonly #end: number
  #textAt = 0
  #restAt: number

  constructor(memory: Memory) {
    memory.fresh()
    const { ints, bytes } = memory
    const result = memory.web >> 2
    this.#memory = memory
    this.#ints = ints
    this.#doubles = memory.doubles
    this.#at = (ints[result] ?? 0) >> 3
    this.#end = this.#at + (ints[result + 1] ?? 0)
    const text = ints[result + 2] ?? 0
    const size = ints[result + 3] ?? 0
    this.#text = size === 0 ? '' : decoder.decode(bytes.subarray(text, text + size))
    this.#restAt = ints[result + 4] ?? 0
  }

  more(): boolean {
    return this.#at < this.#end
  }

  next(): SqlValue {
    const at = this.#at++
    const high = this.#ints[2 * at + 1] as number
    if ((high & BOX) !== BOX) return this.#doubles[at] as number
    const low = this.#ints[2 * at] as number
    switch (high & 7) {
      case 2:
        return low
      case 3:
        return this.#text.substring(this.#textAt, (this.#textAt += low))
      case 1:
        return null
      default:
        return this.#other(high & 7, low)
    }
  }

  #other(tag: number, size: number): SqlValue {
    const at = this.#restAt
    this.#restAt += tag === 4 ? 8 : size
    if (tag === 4) return new DataView(this.#memory.bytes.buffer, at).getBigInt64(0, true)
    const blob = this.#memory.bytes.slice(at, at + size)
    return tag === 5 ? blob : decoder.decode(blob)
  }

  number(): number {
    return this.next() as number
  }

  text(): string {
    return this.next() as string
  }

  maybe(): string | null {
    return this.next() as string | null
  }

  list(n: number): SqlValue[] {
    const values = new Array<SqlValue>(n)
    for (let i = 0; i < n; i++) values[i] = this.next()
    return values
  }

  /** What is left as rows of n columns, which come first unless they are known. */
  rows(n: number, columns: readonly string[] = this.list(n) as string[]): Rows {
    const count = n === 0 ? 0 : (this.#end - this.#at) / n
    const rows = new Array<SqlValue[]>(count)
    for (let i = 0; i < count; i++) rows[i] = this.list(n)
    return { columns, rows }
  }
}

/** What a call has written; `result` is what it gave. */
export const cellsOf = (memory: Memory, result: number): Cells => {
  memory.check(result)
  return new Cells(memory)
}
