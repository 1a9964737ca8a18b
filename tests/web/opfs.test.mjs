/** The library's files in the origin private file system of a real browser: they outlive its death, and its quota. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { killBrowser, makeProfile, openBrowser, removeProfile, sleep, until } from './lib/browser.mjs'
import { openSite } from './lib/site.mjs'

const file = (name) => fileURLToPath(new URL(`lib/${name}`, import.meta.url))
const home = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/opfs-page.js"></script>'

let site
let profile
let context
let told = 0

before(async () => void (site = await openSite({
  programs: [file('opfs-page.ts'), file('opfs-worker.ts')],
  files: { '/': home },
})))
after(() => site.close())
beforeEach(async () => {
  told = 0
  profile = makeProfile()
  context = await openBrowser(profile)
})
afterEach(async () => {
  await context.close().catch(() => undefined)
  removeProfile(profile)
})

async function openPage() {
  const page = await context.newPage()
  await page.exposeFunction('told', (n) => void (told = n))
  await page.goto(site.url())
  await page.waitForFunction(() => 'lab' in globalThis)
  return { page, lab: (...args) => page.evaluate((args) => lab(...args), args) }
}

test('a thousand commits of one row are on disk in a second, without a flush for each', async (t) => {
  const { lab } = await openPage()
  t.diagnostic(`opened in ${Math.round(await lab('a', 'open'))} ms`)
  const perSecond = await lab('a', 'measure', 3000)
  t.diagnostic(`${Math.round(perSecond)} commits per second`)
  assert.ok(perSecond > 1000)
  assert.equal(await lab('a', 'count'), 3000)
})

test('kill -9 of the browser loses nothing that was committed, and leaves no gap', async (t) => {
  const first = await openPage()
  await first.lab('a', 'open')
  void first.lab('a', 'run').catch(() => undefined)
  await until('commits', () => told > 1000)
  await killBrowser(context, profile)
  const committed = told
  context = await openBrowser(profile)
  const { lab } = await openPage()
  await lab('a', 'open')
  const ids = await lab('a', 'ids')
  t.diagnostic(`${committed} were told, ${ids.length} are there`)
  assert.ok(ids.length >= committed)
  assert.deepEqual(ids, ids.map((_, i) => String(i).padStart(8, '0')))
})

test('a worker that is ended in the middle leaves a store that the next one opens', async () => {
  const first = await openPage()
  await first.lab('a', 'open')
  void first.lab('a', 'run').catch(() => undefined)
  await until('commits', () => told > 300)
  await first.page.close()
  const committed = told
  const { lab } = await openPage()
  await lab('a', 'open')
  assert.ok((await lab('a', 'count')) >= committed)
})

test('a second worker waits until the first has closed, and says so when it does not', async (t) => {
  const { lab } = await openPage()
  await lab('a', 'open')
  await assert.rejects(lab('b', 'open', 'process', 100), /another tab or worker holds the files of this store/)
  const opening = lab('b', 'open')
  await sleep(200)
  await lab('a', 'close')
  t.diagnostic(`opened after ${Math.round(await opening)} ms`)
  assert.equal(await lab('b', 'measure', 10) > 0, true)
})

test('storage that is full refuses a commit with LS_EFULL, keeps what there was, and goes on when there is room', async () => {
  const { page, lab } = await openPage()
  await lab('a', 'open')
  await lab('a', 'measure', 10)
  const cdp = await context.newCDPSession(page)
  const { usage } = await cdp.send('Storage.getUsageAndQuota', { origin: site.origin })
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: usage + 300_000 })
  await assert.rejects(async () => {
    for (let i = 0; i < 40; i++) await lab('a', 'large', 500_000)
  }, /LS_EFULL/)
  const kept = await lab('a', 'count')
  assert.ok(kept >= 10)
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: site.origin })
  await lab('a', 'large', 500_000)
  await lab('a', 'close')
  await lab('b', 'open')
  assert.equal(await lab('b', 'count'), kept + 1)
})

test('a store that was reset is empty', async () => {
  const { lab } = await openPage()
  await lab('a', 'open')
  await lab('a', 'measure', 10)
  await lab('a', 'close')
  await lab('a', 'reset')
  await lab('a', 'open')
  assert.equal(await lab('a', 'count'), 0)
})
