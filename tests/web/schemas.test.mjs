/** The schemas of pages and workers: functions that bundlers write differently, and versions of an app side by side. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { until } from './lib/browser.mjs'
import { count, logs, openProfiles, openTabsSite, texts } from './lib/tabs.mjs'

let site
let profiles
let browser
before(async () => {
  site = await openTabsSite()
  profiles = await openProfiles(site)
})
after(async () => {
  await profiles.close()
  await site.close()
})
beforeEach(async () => void (browser = await profiles.profile()))
afterEach(() => browser.close())

const calls = (page) => page.evaluate(() => lab.calls())
const hash = (page) => page.evaluate(() => lab.schemaHash())

/** More than a store leaves to be replayed. */
const MANY = 600

test('a page uses the state of a leader whose functions read differently: nothing is replayed on it', async () => {
  const a = await browser.tab({ schema: 'functions' })
  await a.evaluate(async (n) => {
    lab.commit('x', n)
    await lab.saved()
  }, MANY)
  assert.equal(await calls(a), MANY)
  const b = await browser.tab({ schema: 'functions' })
  assert.equal(await count(b), MANY)
  assert.equal(await calls(b), 0)
  assert.equal(await hash(b), await hash(a))

  await a.evaluate(() => lab.close())
  await b.evaluate(() => lab.close())
  await Promise.all([a.close(), b.close()])
  const c = await browser.tab({ schema: 'functions' })
  assert.equal(await count(c), MANY)
  assert.equal(await calls(c), 0)
  const stages = await c.evaluate(() => lab.statuses.map(({ stage }) => stage))
  assert.ok(!stages.includes('migrating') && !stages.includes('rehydrating'), stages.join())
  assert.deepEqual(await logs(c), [])
})

test('a worker without a function that the page has is told so by name', async () => {
  const a = await browser.blank()
  const opening = a.evaluate(() => lab.open({ schema: 'functions', worker: 'schema=plain' }))
  await assert.rejects(opening, /built from another schema than the page.*for the event "v1\.TodoCreated"/)
})

test('a worker of another schema says so, and what it keeps is right for the page all the same', async () => {
  const a = await browser.tab({ schema: 'functions', worker: 'schema=next' })
  assert.match((await logs(a)).join(), /warning schema: The worker was built from another schema than the page/)
  await a.evaluate(() => lab.commitDurable('one'))
  const b = await browser.tab({ schema: 'functions' })
  assert.deepEqual(await texts(b), ['one'])
  assert.equal(await calls(b), 1)
})

test('a worker of another schema makes the state of a page whose document is of SQL alone', async () => {
  const a = await browser.tab({ worker: 'schema=functions' })
  await a.evaluate(() => lab.commitDurable('one'))
  const b = await browser.tab()
  assert.deepEqual(await texts(b), ['one'])
  assert.equal(await hash(b), await hash(a))
  assert.deepEqual(await logs(a), [])
})

test('a new version of the app opens beside an old one that leads, and leads when that is closed', async () => {
  const old = await browser.tab({ schema: 'functions' })
  await old.evaluate(() => lab.commitDurable('of the old'))
  const fresh = await browser.tab({ schema: 'next' })
  assert.notEqual(await hash(fresh), await hash(old))
  assert.deepEqual(await fresh.evaluate(() => lab.rows('SELECT text, tag FROM todos')), [['of the old', null]])

  await fresh.evaluate(async () => {
    await lab.commitDurable('of the new')
    lab.commitEvent('v2.TodosTagged', { tag: 'seen' })
    await lab.saved()
  })
  await until('the old one has the row', async () => (await count(old)) === 2)
  await old.evaluate(() => lab.commitDurable('late'))
  await until('the new one has the row', async () => (await count(fresh)) === 3)
  assert.equal(await old.evaluate(() => lab.ended()), undefined)

  await old.close()
  await fresh.evaluate(() => lab.commitDurable('alone'))
  assert.equal(await fresh.evaluate(() => lab.leads()), true)
  const rows = [['of the old', 'seen'], ['of the new', 'seen'], ['late', null], ['alone', null]]
  const sql = 'SELECT text, tag FROM todos ORDER BY rowid'
  assert.deepEqual(await fresh.evaluate((sql) => lab.rows(sql), sql), rows)

  const another = await browser.tab({ schema: 'next' })
  assert.equal(await calls(another), 0)
  assert.deepEqual(await another.evaluate((sql) => lab.rows(sql), sql), rows)
})

test('an old version that comes after a new one goes on with what it knows', async () => {
  const fresh = await browser.tab({ schema: 'next' })
  await fresh.evaluate(async () => {
    await lab.commitDurable('of the new')
    lab.commitEvent('v2.TodosTagged', { tag: 'seen' })
    await lab.saved()
  })
  const old = await browser.tab({ schema: 'functions' })
  assert.deepEqual(await texts(old), ['of the new'])
  await fresh.close()
  await old.evaluate(() => lab.commitDurable('of the old'))
  const again = await browser.tab({ schema: 'next' })
  assert.deepEqual(
    await again.evaluate(() => lab.rows('SELECT text, tag FROM todos ORDER BY rowid')),
    [['of the new', 'seen'], ['of the old', null]],
  )
})

test('tabs and their leaders have full-text search where the adapter is given its module', async () => {
  const settings = { schema: 'search', wasm: '/livestore-fts5.wasm' }
  const found = (page) =>
    page.evaluate(() => lab.rows(`SELECT text FROM words WHERE words MATCH 'milk' ORDER BY rowid`).map(([text]) => text))
  const [a, b] = [await browser.tab(settings), await browser.tab(settings)]
  await a.evaluate(() => lab.commitDurable('Buy milk'))
  await until('the other tab finds it', async () => (await found(b)).length === 1)
  await a.close()
  await b.evaluate(() => lab.commitDurable('Sell milk'))
  const c = await browser.tab(settings)
  assert.deepEqual(await found(c), ['Buy milk', 'Sell milk'])
  assert.equal(await hash(c), await hash(b))
})
