/** What is on the disk stays there: reloads, kills, full disks, browsers that keep nothing. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { killBrowser, sleep, until } from './lib/browser.mjs'
import { count, logs, openProfile, openTabsSite, texts } from './lib/tabs.mjs'

let site
let browser
before(async () => void (site = await openTabsSite()))
after(() => site.close())
beforeEach(async () => void (browser = await openProfile(site)))
afterEach(() => browser.close())

const stages = (page) => page.evaluate(() => lab.statuses.map(({ stage }) => stage))

test('data survives a reload and a restart of the browser (WEB-07)', async () => {
  const a = await browser.tab()
  assert.equal(a.opened.storageMode, 'persisted')
  await a.evaluate(() => lab.write('x', 20, 0))
  await a.reload()
  await a.evaluate(() => lab.open())
  assert.equal(await count(a), 20)
  await browser.restart()
  const b = await browser.tab()
  assert.equal(await count(b), 20)
  assert.equal(b.opened.clientId, a.opened.clientId)
})

test('a boot says loading and done', async () => {
  const a = await browser.tab()
  const said = await stages(a)
  assert.equal(said[0], 'loading')
  assert.equal(said.at(-1), 'done')
  assert.equal(said.filter((stage) => stage === 'done').length, 1)
})

test('kill -9 of the browser loses nothing that was durable, and leaves no gap', async (t) => {
  const saved = []
  const a = await browser.tab()
  a.on('console', (message) => saved.push(message.text()))
  void a
    .evaluate(async () => {
      for (let i = 0; ; i++) {
        await lab.commitDurable(`${i}`)
        console.log(i)
      }
    })
    .catch(() => undefined)
  await until('some are durable', () => saved.length > 100)
  await sleep(Math.random() * 100)
  await killBrowser(browser.context(), browser.profile)
  const told = saved.length
  await browser.restart()
  const rows = await texts(await browser.tab())
  t.diagnostic(`${told} were told to be durable, ${rows.length} are there`)
  assert.ok(rows.length >= told)
  assert.deepEqual(rows, Array.from({ length: rows.length }, (_, i) => String(i)))
})

test('kill -9 in the middle of two busy tabs leaves a store that opens', async () => {
  for (let round = 0; round < 3; round++) {
    const tabs = [await browser.tab(), await browser.tab()]
    for (const tab of tabs) void tab.evaluate(() => lab.write('x', 1e6, 0)).catch(() => undefined)
    await until('rows', async () => (await count(tabs[0])) > 20)
    await sleep(Math.random() * 50)
    await killBrowser(browser.context(), browser.profile)
    await browser.restart()
  }
  const tab = await browser.tab()
  await tab.evaluate(() => lab.commitDurable('after'))
  assert.equal((await texts(tab)).at(-1), 'after')
})

test('a browser without OPFS keeps the store in memory, with a warning, and tabs share it', async () => {
  const a = await browser.tab({ worker: 'without-opfs' })
  assert.equal(a.opened.storageMode, 'in-memory')
  const warning = await a.evaluate(() => lab.statuses.find(({ stage }) => stage === 'warning'))
  assert.equal(warning.reason, 'storage-unavailable')
  assert.match(warning.message, /no private file system \(OPFS\).*kept in memory/)
  await a.evaluate(() => lab.commitDurable('one'))
  const b = await browser.tab({ worker: 'without-opfs' })
  assert.equal(b.opened.storageMode, 'in-memory')
  assert.deepEqual(await texts(b), ['one'])
})

test('without OPFS the log goes with the leading tab: another one says so, and shows nothing else', async () => {
  const a = await browser.tab({ worker: 'without-opfs' })
  const b = await browser.tab({ worker: 'without-opfs' })
  await b.evaluate(() => lab.commitDurable('one'))
  const shown = b.evaluate(async () => {
    let least = Infinity
    while (lab.ended() === undefined) {
      least = Math.min(least, lab.count())
      await new Promise((resolve) => setTimeout(resolve))
    }
    return least
  })
  await a.close()
  assert.equal(await shown, 1)
  assert.match(await b.evaluate(() => lab.ended()), /The tab that kept the store "test" in memory has gone/)
  await b.reload()
  await b.evaluate(() => lab.open({ worker: 'without-opfs' }))
  await b.evaluate(() => lab.commitDurable('anew'))
  assert.deepEqual(await texts(b), ['anew'])
})

test('a private window that may keep nothing says so', async () => {
  const a = await browser.tab({ worker: 'private' })
  assert.equal(a.opened.storageMode, 'in-memory')
  const warning = await a.evaluate(() => lab.statuses.find(({ stage }) => stage === 'warning'))
  assert.equal(warning.reason, 'private-browsing')
})

test('a full disk refuses commits with an error, keeps what was durable, and goes on when there is room', async () => {
  const a = await browser.tab()
  const devtools = await browser.context().newCDPSession(a)
  const quota = (quotaSize) => devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize })
  await a.evaluate(() => lab.write('before', 5, 0))
  await quota(1)
  await a.evaluate(() => lab.commit('x'.repeat(100000), 50))
  await until('an error', async () => /Commits cannot be saved/.test((await logs(a)).join()))
  assert.equal(await a.evaluate(() => lab.network().error.code), 'LS_EFULL')
  assert.ok((await a.evaluate(() => lab.unsaved())) > 0)
  await quota(undefined)
  await a.evaluate(() => lab.saved())
  assert.equal(await count(a), 55)
  assert.equal(await a.evaluate(() => lab.network().error), null)
  await a.reload()
  await a.evaluate(() => lab.open())
  assert.equal(await count(a), 55)
})

test('a full disk and a page that goes lose only what was not durable', async () => {
  const a = await browser.tab()
  const devtools = await browser.context().newCDPSession(a)
  await a.evaluate(() => lab.write('before', 5, 0))
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 1 })
  await a.evaluate(() => lab.commit('x'.repeat(100000), 50))
  await until('an error', async () => /Commits cannot be saved/.test((await logs(a)).join()))
  await killBrowser(browser.context(), browser.profile)
  await browser.restart()
  const rows = await texts(await browser.tab())
  assert.deepEqual(rows.slice(0, 5), [0, 1, 2, 3, 4].map((i) => `before${i}`))
})

test('two stores, and two directories of one name, are apart', async () => {
  const a = await browser.tab({ storeId: 'first' })
  await a.evaluate(() => lab.commitDurable('one'))
  const b = await browser.tab({ storeId: 'second' })
  assert.equal(await count(b), 0)
  await a.close()
  const c = await browser.tab({ storeId: 'first', directory: 'elsewhere' })
  assert.equal(await count(c), 0)
})

test('a directory that is none is refused', async () => {
  const a = await browser.blank()
  const opening = a.evaluate(() => lab.open({ directory: 'a/b' }))
  await assert.rejects(opening, /storage.directory is "a\/b": expected the name/)
})
