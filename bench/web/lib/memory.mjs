/** What the renderers of a browser have of memory for themselves: pages, workers, WebAssembly and all. */
import { readdirSync, readFileSync } from 'node:fs'

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Processes by what started them. */
function children() {
  const of = new Map()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = Number(/\) \S (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1])
    of.set(parent, [...(of.get(parent) ?? []), Number(pid)])
  }
  return of
}

const below = (of, pid) => (of.get(pid) ?? []).flatMap((child) => [child, ...below(of, child)])
const isRenderer = (pid) => read(`/proc/${pid}/cmdline`).includes('--type=renderer')
const privateBytes = (pid) =>
  [...read(`/proc/${pid}/smaps_rollup`).matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB/gm)]
    .reduce((sum, [, kB]) => sum + 1024 * Number(kB), 0)

/** Bytes of all renderers of the browsers that this process has started. */
export const rendererBytes = () =>
  below(children(), process.pid).filter(isRenderer).reduce((sum, pid) => sum + privateBytes(pid), 0)
