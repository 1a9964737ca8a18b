/** Several tabs of one browser: they share a log, and any of them may go at any time. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { sleep, until } from './lib/browser.mjs'
import { count, logs, openProfile, openTabsSite, texts } from './lib/tabs.mjs'

/** A hand-over takes no longer, on a machine that has nothing else to do. */
const HAND_OVER_MS = 200

let site
let browser
before(async () => void (site = await openTabsSite()))
after(() => site.close())
// Each with a browser of its own: storage that is not kept is slower, and a hand-over takes longer there.
beforeEach(async () => void (browser = await openProfile(site)))
afterEach(() => browser.close())

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

test('what is committed in one tab appears in the other, both ways, in one order (WEB-04, WEB-05)', async () => {
  const [a, b] = [await browser.tab(), await browser.tab()]
  assert.equal(a.opened.clientId, b.opened.clientId)
  assert.notEqual(a.opened.sessionId, b.opened.sessionId)
  await Promise.all([a.evaluate(() => lab.write('a', 20, 3)), b.evaluate(() => lab.write('b', 20, 2))])
  await until('both have all', async () => (await count(a)) === 40 && (await count(b)) === 40)
  assert.deepEqual(await texts(a), await texts(b))
  assert.equal(await a.evaluate(() => lab.hash()), await b.evaluate(() => lab.hash()))
})

test('a thousand commits in one go arrive, once each', async () => {
  const [a, b] = [await browser.tab(), await browser.tab()]
  await b.evaluate(() => lab.commit('x', 1000))
  await until('both have all', async () => (await count(a)) === 1000 && (await count(b)) === 1000)
  assert.deepEqual(await texts(a), Array.from({ length: 1000 }, (_, i) => `x${i}`))
})

test('tabs that open the store at the same moment all come up (WEB-01)', async () => {
  const pages = await Promise.all([browser.blank(), browser.blank(), browser.blank()])
  await Promise.all(pages.map((page) => page.evaluate(() => lab.open())))
  await Promise.all(pages.map((page, i) => page.evaluate((i) => lab.commitDurable(`from ${i}`), i)))
  for (const page of pages) await until('all rows', async () => (await count(page)) === 3)
})

test('no SharedWorker is needed (WEB-02)', async () => {
  await browser.context().addInitScript(() => Reflect.deleteProperty(window, 'SharedWorker'))
  const [a, b] = [await browser.tab(), await browser.tab()]
  await a.evaluate(() => lab.commitDurable('one'))
  await until('b has it', async () => (await count(b)) === 1)
})

test('a browser without Web Locks is told so', async () => {
  await browser.context().addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }))
  const page = await browser.blank()
  await assert.rejects(page.evaluate(() => lab.open()), /does not offer navigator\.locks \(Web Locks\)/)
})

/** `b` commits all the while; gives how long commits of `b` were held up by `end`. */
async function handOver(b, end) {
  const worst = b.evaluate(() => lab.write(`${Date.now()}-`, 150, 1))
  await sleep(60)
  await end()
  return worst
}

async function handOvers(end, rounds = process.env.SOAK ? 7 : 3) {
  const times = []
  let rows = 0
  let leading = await browser.tab()
  for (let round = 0; round < rounds; round++) {
    const next = await browser.tab()
    times.push(await handOver(next, () => end(leading)))
    rows += 150
    assert.equal(await count(next), rows)
    assert.equal(await next.evaluate(() => lab.leads()), true)
    if (!leading.isClosed()) await leading.close()
    leading = next
  }
  return times.map(Math.round)
}

test('when the leading tab is closed another one leads, soon and without losing a commit', async (t) => {
  const times = await handOvers((page) => page.close())
  t.diagnostic(`held up for ${times.join(', ')} ms; median ${median(times)} ms (wanted: ${HAND_OVER_MS})`)
})

test('when the leading worker dies another tab leads, soon and without losing a commit', async (t) => {
  const times = await handOvers((page) => page.evaluate(() => lab.terminate()))
  t.diagnostic(`held up for ${times.join(', ')} ms; median ${median(times)} ms (wanted: ${HAND_OVER_MS})`)
})

test('when the leading tab reloads another one leads, and it comes back with the same session', async () => {
  const [a, b] = [await browser.tab(), await browser.tab()]
  await a.evaluate(() => lab.commitDurable('one'))
  await a.reload()
  const again = await a.evaluate(() => lab.open())
  assert.equal(again.sessionId, a.opened.sessionId)
  assert.equal(await b.evaluate(() => lab.leads()), true)
  await a.evaluate(() => lab.commitDurable('two'))
  await until('b has both', async () => (await count(b)) === 2)
  assert.deepEqual(await texts(a), ['one', 'two'])
})

test('a worker that crashes is begun anew, and its tab goes on', async () => {
  const a = await browser.tab()
  await a.evaluate(() => lab.commitDurable('one'))
  await a.evaluate(() => lab.crash())
  assert.ok((await a.evaluate(() => lab.commitDurable('two'))) < 5000)
  assert.deepEqual(await texts(a), ['one', 'two'])
  assert.match((await logs(a)).join(), /The worker of the store "test" failed: .*unreachable/)
})

test('commits made while there is no leader are kept and saved by the next one', async () => {
  const [a, b] = [await browser.tab(), await browser.tab()]
  await a.evaluate(() => lab.commitDurable('one'))
  await b.evaluate(() => lab.commit('on its way', 50))
  await a.close()
  await b.evaluate(() => lab.commit('meanwhile', 50))
  await b.evaluate(() => lab.saved())
  assert.equal(await count(b), 101)
  const c = await browser.tab()
  assert.deepEqual(await texts(c), await texts(b))
})

test('a session knows up to where nothing would be lost', async () => {
  const [, b] = [await browser.tab(), await browser.tab()]
  await b.evaluate(() => lab.commitDurable('one'))
  assert.deepEqual(await b.evaluate(() => lab.safeHead()), { global: 1, client: 0, generation: 0 })
  const { head, safe } = await b.evaluate(() => {
    lab.commit('two')
    return { head: lab.status().head.global, safe: lab.safeHead().global }
  })
  assert.deepEqual({ head, safe }, { head: 2, safe: 1 })
})

test('a tab that shuts its store down hands over in order, with all commits saved (CS-10)', async () => {
  const [a, b] = [await browser.tab(), await browser.tab()]
  await a.evaluate(async () => {
    lab.commit('x', 200)
    await lab.close()
  })
  await until('b has all', async () => (await count(b)) === 200)
  await b.evaluate(() => lab.commitDurable('last'))
  assert.equal(await count(b), 201)
})

test('a duplicated tab gets a session of its own (WEB-08)', async () => {
  const a = await browser.tab()
  const kept = await a.evaluate(() => ({ ...sessionStorage }))
  const b = await browser.blank()
  await b.evaluate((kept) => Object.assign(sessionStorage, kept), kept)
  const opened = await b.evaluate(() => lab.open())
  assert.notEqual(opened.sessionId, a.opened.sessionId)
  assert.equal(opened.clientId, a.opened.clientId)
})

test('a tab with another sync payload is refused with a clear error (WEB-10)', async () => {
  const a = await browser.tab({ payload: { authToken: 'a' } })
  const b = await browser.blank()
  const opening = b.evaluate(() => lab.open({ payload: { authToken: 'b' } }))
  await assert.rejects(opening, /open in another tab with another syncPayload/)
  await a.evaluate(() => lab.commitDurable('one'))
})

test('a sync payload that does not fit its schema is an error', async () => {
  const a = await browser.blank()
  const opening = a.evaluate(() => lab.open({ worker: 'payload', payload: { authToken: 5 } }))
  await assert.rejects(opening, /syncPayload does not fit syncPayloadSchema/)
})

test('resetting the storage shuts the stores of other tabs down and begins with nothing (WEB-11)', async () => {
  const [a, b] = [await browser.tab(), await browser.tab()]
  await a.evaluate(() => lab.commitDurable('old'))
  const c = await browser.tab({ reset: true })
  assert.equal(await count(c), 0)
  for (const page of [a, b]) {
    const ended = await until('the store has ended', () => page.evaluate(() => lab.ended()))
    assert.match(ended, /Another tab has reset the storage of the store "test"/)
  }
  await c.evaluate(() => lab.commitDurable('new'))
  const d = await browser.tab()
  assert.deepEqual(await texts(d), ['new'])
})

test('what needs the whole log is asked of the leader, from any tab', async () => {
  const [a, b] = [await browser.tab(), await browser.tab()]
  for (const text of ['one', 'two']) await a.evaluate((text) => lab.commitDurable(text), text)
  for (const page of [a, b]) {
    const answers = await page.evaluate(async () => {
      const leader = lab.leader()
      const events = await leader.events({}, 10)
      const { head } = await leader.status()
      const past = await leader.queryAt(events[0].seq, 'SELECT text FROM todos', [])
      const failure = await leader.dropConflict(7).catch((error) => error.code)
      return { names: events.map(({ args }) => args.text), head: head.global, past: past.rows, failure }
    })
    assert.deepEqual(answers, { names: ['one', 'two'], head: 2, past: [['one']], failure: 'LS_ENOTFOUND' })
  }
})
