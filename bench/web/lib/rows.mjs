/** The rows: what each is, how it is measured, and what is wanted of it. `times` is how many times better ours is. */
const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}
const median = (values) => quantile(values, 0.5)

const lab = (name, what, kind, work, count, more = {}) => ({ name, what, kind, work, count, unit: 'µs', ...more })
const perSecond = { unit: '/s' }

/** Rows that are timed inside a page (app/lab.ts), in a store with 1,000 todos. */
export const labRows = [
  lab('commit', 'commit of one event, p50', 'memory', 'commit', 200, { wanted: 10 }),
  lab('commit-live', '… with one live query', 'memory', 'commitLive', 200, { wanted: 10 }),
  lab('rate', 'single commits, until the leader has them', 'memory', 'rate', 1000, { ...perSecond, wanted: 10 }),
  lab('batch', 'events in one commit of 1,000', 'memory', 'batch', 1000, perSecond),
  lab('query-point', 'point query by key, p50', 'memory', 'point', 200),
  lab('query-1000', 'query of 1,000 rows, p50', 'memory', 'thousand', 20),
  lab('live-100', 'one row updated, 100 live queries by id, p50', 'memory', 'live', 50),
  lab('commit-persisted', 'commit of one event, persisted, p50', 'persisted', 'commit', 200, { wanted: 10 }),
  lab('rate-persisted', 'single commits, until all are durable', 'persisted', 'rate', 1000,
    { ...perSecond, wanted: 10 }),
]

/** What the milliseconds of a page say in the unit of the row. */
export function labFigure({ unit, count }, rounds) {
  if (unit === '/s') return { value: median(rounds.flat().map((ms) => count / (ms / 1000))) }
  const us = rounds.flat().map((ms) => ms * 1000)
  return { value: median(us), p99: quantile(us, 0.99) }
}

export const figure = (values) => ({ value: median(values), best: Math.min(...values), worst: Math.max(...values) })
