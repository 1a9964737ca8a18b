/** Rules for values, to be piped behind a codec: Schema.String.pipe(Schema.minLength(1)). */
import type { AnyCodec, Codec } from './codec.js'
import type { TypeOf } from './types.js'
import { restrict } from './unions.js'

type Same<T> = <C extends Codec<T, any>>(codec: C) => C

/** Values that a function accepts. */
export const filter =
  <C extends AnyCodec>(fits: (value: TypeOf<C>) => boolean, options?: { readonly message?: () => string }) =>
  (codec: C): C =>
    restrict(codec, fits, options?.message?.() ?? 'a value that passes its filter')

/** Text of at least so many characters. */
export const minLength =
  (n: number): Same<string> =>
  (codec) =>
    restrict(codec, (text: string) => text.length >= n, `at least ${n} characters`, { minLength: n })

/** Text of at most so many characters. */
export const maxLength =
  (n: number): Same<string> =>
  (codec) =>
    restrict(codec, (text: string) => text.length <= n, `at most ${n} characters`)

/** Text in which a regular expression is found. */
export const pattern =
  (regexp: RegExp): Same<string> =>
  (codec) =>
    restrict(codec, (text: string) => text.search(regexp) >= 0, `text like ${regexp}`)

/** Numbers that are integers. */
export const int = (): Same<number> => (codec) =>
  restrict(codec, Number.isSafeInteger, 'an integer', { type: 'integer' })

/** Numbers from `least` to `most`. */
export const between =
  (least: number, most: number): Same<number> =>
  (codec) =>
    restrict(codec, (n: number) => n >= least && n <= most, `${least} to ${most}`, { minimum: least, maximum: most })

/** Numbers of at least `least`. */
export const greaterThanOrEqualTo =
  (least: number): Same<number> =>
  (codec) =>
    restrict(codec, (n: number) => n >= least, `${least} or more`, { minimum: least })

/** Numbers above `bound`. */
export const greaterThan =
  (bound: number): Same<number> =>
  (codec) =>
    restrict(codec, (n: number) => n > bound, `more than ${bound}`, { exclusiveMinimum: bound })

/** Numbers of at most `most`. */
export const lessThanOrEqualTo =
  (most: number): Same<number> =>
  (codec) =>
    restrict(codec, (n: number) => n <= most, `${most} or less`, { maximum: most })

/** Numbers below `bound`. */
export const lessThan =
  (bound: number): Same<number> =>
  (codec) =>
    restrict(codec, (n: number) => n < bound, `less than ${bound}`, { exclusiveMaximum: bound })

/** Numbers above 0. */
export const positive = (): Same<number> => greaterThan(0)

/** Numbers of 0 and more. */
export const nonNegative = (): Same<number> => greaterThanOrEqualTo(0)
