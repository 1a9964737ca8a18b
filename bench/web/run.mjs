// How fast and how large the web package is beside LiveStore 0.4.0 (npm), in one run of Debian's Chromium. `make
// bench-web` builds what it needs and runs it; docs/benchmarks.md says what the rows are.
//   node run.mjs [--quick] [--json] [--only NAME,…]
//     --quick   less of everything, in under a minute
//     --json    one JSON object a line
//     --only    rows whose name begins with one of these
//   LIVESTORE_WEB   the built package (build/web)
//   CHROMIUM        the browser (/usr/bin/chromium)
//
// Both sides run the same programs (app/), which are written for LiveStore; for ours, the imports are others. The sides
// take turns, and the one that goes first changes.
import { parseArgs } from 'node:util'
import { makeProfile, openBrowser, removeProfile } from '../../tests/web/lib/browser.mjs'
import { buildPage } from './lib/build.mjs'
import { rendererBytes } from './lib/memory.mjs'
import { print } from './lib/print.mjs'
import { figure, labFigure, labRows } from './lib/rows.mjs'
import { openSite } from './lib/site.mjs'

const { quick, json, only } = readOptions({
  quick: { type: 'boolean' }, json: { type: 'boolean' }, only: { type: 'string', default: '' },
})
const wants = (name) => only.split(',').some((start) => name.startsWith(start))

const ROUNDS = quick ? 1 : 7
const BOOTS = quick ? 2 : 9
/** In a round; a batch, whose name says how many, is not made smaller. */
const countOf = ({ work, count }) => (quick && work !== 'batch' ? Math.max(10, count / 5) : count)
/** Events in the stores that are booted: both sides have the smaller one, only ours the larger. */
const SOME = quick ? 1000 : 10_000
const MANY = quick ? 20_000 : 100_000
const SIDES = ['ours', 'livestore']

function readOptions(options) {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    console.error(`bench/web: ${error.message}; it takes --quick, --json and --only NAME,…`)
    process.exit(2)
  }
}

const range = (count) => Array.from({ length: count }, (_, i) => i)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function openPage(context, url) {
  const page = await context.newPage()
  page.broken = new Promise((resolve) => page.on('pageerror', resolve))
  await page.goto(url)
  return page
}

/** `measure(side)` for both sides, time and again; gives what it gave, by side. */
async function inTurns(rounds, sides, measure) {
  const given = Object.fromEntries(sides.map((side) => [side, []]))
  for (const round of range(rounds))
    for (const side of round % 2 ? [...sides].reverse() : sides) given[side].push(await measure(side))
  return given
}

async function openLab(context, site) {
  const page = await openPage(context, site.url('lab'))
  await page.waitForFunction(() => 'lab' in window)
  return page
}

/** Opens the app; gives the page and the milliseconds from navigation until its store answered. */
async function boot(context, site, storeId, events) {
  const page = await openPage(context, site.url('todos', `?storeId=${storeId}`))
  const booted = page.waitForFunction(() => 'booted' in window, undefined, { timeout: 120_000 })
  const error = await Promise.race([page.broken, booted.then(() => undefined)])
  if (error) {
    booted.catch(() => undefined)
    await page.close()
    throw new Error(`${storeId} did not open: ${error.message.split('\n')[0]}`)
  }
  const { ms, count } = await page.evaluate(() => window.booted)
  if (count !== events) throw new Error(`${storeId} has ${count} todos: expected ${events}`)
  return { page, ms }
}

async function closeApp(page) {
  await page.evaluate(() => window.store.shutdownPromise())
  await page.close()
}

async function measureLab(context, sites, kind, report) {
  const rows = labRows.filter((row) => row.kind === kind && wants(row.name))
  if (rows.length === 0) return
  const pages = {}
  for (const side of SIDES) {
    pages[side] = await openLab(context, sites[side])
    await pages[side].evaluate(([kind]) => lab.open(kind, `lab-${kind}`, 1000), [kind])
  }
  for (const row of rows.map((row) => ({ ...row, count: countOf(row) }))) {
    const times = await inTurns(ROUNDS, SIDES, (side) =>
      pages[side].evaluate(([work, count]) => lab.rows[work](count), [row.work, row.count]))
    report(row, Object.fromEntries(SIDES.map((side) => [side, labFigure(row, times[side])])))
  }
  for (const side of SIDES) {
    await pages[side].evaluate(() => lab.close())
    await pages[side].close()
  }
}

async function fillStore(context, site, storeId, events) {
  const page = await openLab(context, site)
  await page.evaluate(([storeId, events]) => lab.open('persisted', storeId, events), [storeId, events])
  await page.evaluate(() => lab.close())
  await page.close()
  // The app is another build than the lab, with other texts of materializers: its state is made anew, this once.
  const app = await boot(context, site, storeId, events)
  await closeApp(app.page)
}

const figures = (given) => Object.fromEntries(Object.entries(given).map(([side, values]) => [side, figure(values)]))

async function measureBoot(context, sites, { name, what, events, sides = SIDES, ...more }, report) {
  let stores = 0
  const times = await inTurns(BOOTS, sides, async (side) => {
    const { page, ms } = await boot(context, sites[side], events ? `todos-${events}` : `new-${++stores}`, events)
    await closeApp(page)
    return ms
  })
  report({ name, what, unit: 'ms', ...more }, figures(times))
}

/** LiveStore's second tabs fail now and then, when they read a file that the first one's worker has open. */
async function measureSecondTab(context, sites, { events, sides = SIDES, ...row }, report) {
  const values = {}
  for (const side of sides) {
    const first = await boot(context, sites[side], `todos-${events}`, events)
    const times = [], failures = []
    while (times.length < BOOTS && failures.length < BOOTS)
      await boot(context, sites[side], `todos-${events}`, events).then(
        async ({ page, ms }) => { times.push(ms); await closeApp(page) }, (error) => failures.push(error))
    await closeApp(first.page)
    if (times.length === 0) throw failures[0]
    values[side] = { ...figure(times), failed: failures.length }
    if (failures.length > 0) console.error(`${row.name}: ${failures.length} failed: ${failures[0].message}`)
  }
  report({ ...row, unit: 'ms' }, values)
}

/** What is left when the page has come to rest and the browser has been told that memory is scarce. */
async function restingBytes(context, page) {
  const session = await context.newCDPSession(page)
  for (const _ of range(2)) {
    await page.requestGC()
    await session.send('Memory.simulatePressureNotification', { level: 'critical' })
    await sleep(quick ? 500 : 1500)
  }
  await session.detach()
  return rendererBytes()
}

async function measureMemory(context, sites, { events, sides = SIDES, ...row }, report) {
  const bytes = await inTurns(quick ? 1 : 3, sides, async (side) => {
    const blank = await openPage(context, sites[side].blank)
    const before = await restingBytes(context, blank)
    await blank.close()
    await sleep(500)
    const { page } = await boot(context, sites[side], `todos-${events}`, events)
    const after = await restingBytes(context, page)
    await closeApp(page)
    await sleep(500)
    return (after - before) / 1e6
  })
  report({ ...row, unit: 'MB' }, figures(bytes))
}

/** In a browser that has nothing yet. */
async function measureDownload(sites, report) {
  const values = {}
  for (const side of SIDES) {
    const profile = makeProfile()
    const context = await openBrowser(profile)
    sites[side].takeDownload()
    const { page } = await boot(context, sites[side], 'download', 0)
    await sleep(1000)
    const files = sites[side].takeDownload()
    const kB = (wanted) => files.filter(wanted).reduce((sum, { bytes }) => sum + bytes, 0) / 1000
    values[side] = { value: kB(() => true), wasm: kB(({ path }) => path.endsWith('.wasm')) }
    await page.close()
    await context.close()
    removeProfile(profile)
  }
  report({ name: 'download', what: 'download, gzip -9', unit: 'kB', wanted: 2 }, values)
}

async function measureAll(context, sites, report) {
  if (wants('download')) await measureDownload(sites, report)
  await measureLab(context, sites, 'memory', report)
  await measureLab(context, sites, 'persisted', report)
  const some = SOME.toLocaleString('en'), many = MANY.toLocaleString('en')
  const large = ['boot', 'tab', 'memory'].some(wants)
  if (large) {
    for (const side of SIDES) await fillStore(context, sites[side], `todos-${SOME}`, SOME)
    await fillStore(context, sites.ours, `todos-${MANY}`, MANY)
  }
  const both = { events: SOME }, ours = { events: MANY, sides: ['ours'] }
  const rows = [
    [measureBoot, { name: 'boot-0', what: 'navigation to store ready, new store', events: 0 }],
    [measureBoot, { name: 'boot', what: `… ${some} events persisted`, ...both }],
    [measureBoot, { name: 'boot-large', what: `… ${many} events`, ...ours, limit: 300 }],
    [measureSecondTab, { name: 'tab', what: `second tab until it shows data, ${some} events`, ...both }],
    [measureSecondTab, { name: 'tab-large', what: `… ${many} events`, ...ours }],
    [measureMemory, { name: 'memory', what: `memory of page and workers, ${some} events`, ...both, wanted: 2 }],
    [measureMemory, { name: 'memory-large', what: `… ${many} events`, ...ours }],
  ]
  const leftOut = quick ? ['tab-large', 'memory-large'] : []
  for (const [measure, row] of rows)
    if (wants(row.name) && !leftOut.includes(row.name)) await measure(context, sites, row, report)
}

const sites = {}
const profile = makeProfile()
for (const side of SIDES) {
  const directories = {}
  for (const page of ['todos', 'lab']) directories[page] = await buildPage(side, page)
  sites[side] = await openSite(directories)
}
const context = await openBrowser(profile)
try {
  await measureAll(context, sites, print(json))
} finally {
  await context.close()
  for (const side of SIDES) await sites[side].close()
  removeProfile(profile)
}
