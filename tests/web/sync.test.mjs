/** Two browsers and a server: the leading worker of each syncs for all its tabs. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { sleep, until } from './lib/browser.mjs'
import { openGate, openServer } from './lib/server.mjs'
import { count, openProfile, openProfiles, openTabsSite, texts } from './lib/tabs.mjs'

let site
let browser
let server
let profiles
before(async () => {
  site = await openTabsSite()
  browser = await openProfiles(site)
})
after(async () => {
  await browser.close()
  await site.close()
})
beforeEach(async () => {
  server = await openServer()
  profiles = [await browser.profile(), await browser.profile()]
})
afterEach(async () => {
  for (const profile of profiles) await profile.close()
  await server.close()
})

const network = (page) => page.evaluate(() => lab.network())
const synced = (page) =>
  until('synced', async () => {
    const { pending, phase } = await network(page)
    return pending === 0 && phase === 'live'
  })
const commit = (page, text) => page.evaluate((text) => lab.commitDurable(text), text)
const openBoth = (settings) => Promise.all(profiles.map((profile) => profile.tab({ url: server.url(), ...settings })))

test('what one browser commits appears in the other, and both say that they are connected', async () => {
  const [a, b] = await openBoth()
  await commit(a, 'from a')
  await until('b has it', async () => (await count(b)) === 1)
  await commit(b, 'from b')
  await until('a has it', async () => (await count(a)) === 2)
  await Promise.all([a, b].map(synced))
  assert.deepEqual(await texts(a), await texts(b))
  for (const page of [a, b]) assert.equal((await network(page)).isConnected, true)
})

test('all tabs of a browser sync through one worker, and another tab goes on when it closes', async () => {
  const [a, b] = await openBoth()
  const a2 = await profiles[0].tab({ url: server.url() })
  await commit(a2, 'one')
  await until('b has it', async () => (await count(b)) === 1)
  assert.equal(await a2.evaluate(() => lab.leads()), false)
  await a.close()
  await commit(a2, 'two')
  await until('b has both', async () => (await count(b)) === 2)
  assert.equal(await a2.evaluate(() => lab.leads()), true)
})

test('without OPFS another tab goes on with what the server has, and shows no less meanwhile', async () => {
  const settings = { url: server.url(), worker: 'without-opfs' }
  const a = await profiles[0].tab(settings)
  await a.evaluate(async () => {
    lab.commit('x', 50)
    await lab.saved()
  })
  await synced(a)
  const a2 = await profiles[0].tab(settings)
  const shown = a2.evaluate(async () => {
    let least = Infinity
    while (!lab.leads() || lab.unsaved() > 0 || lab.count() < 51) {
      least = Math.min(least, lab.count())
      if (lab.leads() && least === 50) lab.commit('on its way')
      await new Promise((resolve) => setTimeout(resolve))
    }
    return least
  })
  await until('both have one head', async () => {
    const { upstreamHead } = await a2.evaluate(() => lab.status())
    return upstreamHead.global === 50 && (await network(a2)).isConnected
  })
  await a.close()
  assert.equal(await shown, 50)
  await synced(a2)
  assert.equal(await a2.evaluate(() => lab.ended()), undefined)
  const b = await profiles[1].tab(settings)
  await until('b has all', async () => (await count(b)) >= 51)
  assert.deepEqual(await texts(b), await texts(a2))
})

test('without OPFS a tab ends when the leader is gone and the server did not have all', async () => {
  const settings = { url: server.url(), worker: 'without-opfs' }
  const a = await profiles[0].tab(settings)
  const a2 = await profiles[0].tab(settings)
  await server.stop()
  await until('a2 knows', async () => !(await network(a2)).isConnected)
  await commit(a2, 'not synced')
  await a.close()
  const ended = await until('it has ended', () => a2.evaluate(() => lab.ended()))
  assert.match(ended, /The tab that kept the store "test" in memory has gone/)
})

test('the server away: commits stay pending, and both come together when it is back', async () => {
  const [a, b] = await openBoth()
  await commit(a, 'before')
  await until('b has it', async () => (await count(b)) === 1)
  await server.stop()
  await until('a knows', async () => !(await network(a)).isConnected)
  await commit(a, 'a alone')
  await commit(b, 'b alone')
  await until('a says what is pending', async () => (await network(a)).pending === 1)
  const error = await until('an error', async () => (await network(a)).error)
  assert.match(error.message, /cannot be reached|closed the connection/)
  await server.start()
  for (const page of [a, b]) await until('three rows', async () => (await count(page)) === 3, 30000)
  await Promise.all([a, b].map(synced))
  assert.deepEqual(await texts(a), await texts(b))
  assert.equal(await a.evaluate(() => lab.hash()), await b.evaluate(() => lab.hash()))
})

test('a browser that goes offline keeps working, and catches up as soon as it is online again', async (t) => {
  const gate = await openGate(server.url())
  try {
    const a = await profiles[0].tab({ url: server.url() })
    const b = await profiles[1].tab({ url: gate.url })
    await commit(a, 'before')
    await until('b has it', async () => (await count(b)) === 1)
    gate.cut()
    await until('b knows', async () => (await network(b)).phase === 'waiting')
    await commit(b, 'offline')
    await commit(a, 'online')
    await sleep(4000)
    assert.deepEqual([await count(a), await count(b)], [2, 2])
    gate.restore()
    const from = Date.now()
    await b.workers()[0].evaluate(() => dispatchEvent(new Event('online')))
    for (const page of [a, b]) await until('three rows', async () => (await count(page)) === 3, 30000)
    t.diagnostic(`together ${Date.now() - from} ms after it was online again`)
    assert.deepEqual(await texts(a), await texts(b))
  } finally {
    await gate.close()
  }
})

test('what was pending when a browser was closed is pushed by the next one', async () => {
  const kept = await openProfile(site)
  profiles.push(kept)
  const [a, b] = [await kept.tab({ url: server.url() }), await profiles[1].tab({ url: server.url() })]
  await server.stop()
  await commit(a, 'left behind')
  await kept.restart()
  await server.start()
  const again = await kept.tab({ url: server.url() })
  await until('b has it', async () => (await count(b)) === 1, 40000)
  await synced(again)
})

test('requests over HTTP sync, too', async () => {
  const url = server.url().replace('ws:', 'http:')
  const [a, b] = await openBoth({ url })
  await commit(a, 'by request')
  await until('b has it', async () => (await count(b)) === 1, 20000)
})

test('a URL that cannot be one is an error at once', async () => {
  const page = await profiles[0].blank()
  await assert.rejects(page.evaluate(() => lab.open({ url: 'localhost:1' })), /does not begin with ws:\/\//)
})
