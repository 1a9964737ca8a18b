/** The figures of a row, as a line of a table or as JSON. */
import { loadavg } from 'node:os'

const short = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3))))
const cell = (side, unit) => (side ? `${short(side.value)} ${unit}` : '')

/** How many times better ours is. */
const timesOf = ({ unit }, { ours, livestore }) =>
  livestore && (unit === '/s' ? ours.value / livestore.value : livestore.value / ours.value)

const verdict = ({ wanted, limit, unit }, { ours }, times) => {
  if (wanted) return `≥ ${wanted}×${times >= wanted ? '' : '  missed'}`
  if (limit) return `< ${limit} ${unit}${ours.value < limit ? '' : '  missed'}`
  return ''
}

const WIDTHS = [18, 50, -12, -12, -8]
const line = (cells) =>
  cells.map((text, i) => (WIDTHS[i] < 0 ? text.padStart(-WIDTHS[i]) : text.padEnd(WIDTHS[i] ?? 0))).join('  ').trimEnd()

function asJson(row, sides) {
  const rounded = (value) => Number(value.toPrecision(4))
  const { ours, livestore } = sides
  const more = (side, key) => Object.fromEntries(
    Object.entries(side ?? {}).map(([name, value]) => [name === 'value' ? key : `${key}_${name}`, rounded(value)]))
  const times = timesOf(row, sides)
  return JSON.stringify({
    row: row.name, unit: row.unit, ...more(ours, 'ours'), ...more(livestore, 'livestore'),
    ...(times && { times: rounded(times) }), ...(row.wanted && { wanted: row.wanted }),
    ...(row.limit && { limit: row.limit }), load: rounded(loadavg()[0]),
  })
}

/** Prints a row: (row, {ours, livestore}). */
export function print(json) {
  if (json) return (row, sides) => console.log(asJson(row, sides))
  console.log(line(['row', '', 'LiveStore', 'ours', 'times', '  wanted']))
  return (row, sides) => {
    const times = timesOf(row, sides)
    const cells = [cell(sides.livestore, row.unit), cell(sides.ours, row.unit), times ? `${short(times)}×` : '']
    console.log(line([row.name, row.what, ...cells, `  ${verdict(row, sides, times)}`]))
  }
}
