// Pages with our package in Chromium, on the server of SERVER, alone and together with LiveStore 0.4.0 clients.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'

import { converged } from './lib/check.js'
import { assertMarks, created, marks, numbered, updated } from './lib/events.js'
import { kind, limit, newStore, soak, theirs, theServer } from './lib/fixture.js'
import { openBrowser } from './lib/page.js'

let browser
before(async () => void (browser = await openBrowser()))
after(() => browser.close())

for (const transport of kind === 'ours' || soak ? ['ws', 'http'] : ['ws']) {
  describe(`pages on ${kind}, over ${transport}`, () => {
    test('a page and a LiveStore client see what the other commits', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const page = await browser.page(storeId, server[transport])
      const a = await theirs(0, storeId, server, { transport })
      const seen = a.seen('t1')
      await page.commit(created('t1'))
      await seen
      await a.commit(updated('t1', 'by LiveStore'), created('t2'))
      await page.synced(3)
      const { rows } = await converged(server, storeId, [page, a])
      assert.deepEqual(rows.map(({ id, text }) => [id, text]), [['t1', 'by LiveStore'], ['t2', 'text of t2']])
      await page.close()
      await a.close()
    })

    test('what both wrote at the same time is in one order', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const a = await theirs(0, storeId, server, { transport })
      const page = await browser.page(storeId, server[transport])
      await page.commit(created('shared'))
      await page.synced(1)
      await a.synced(1)
      await Promise.all([
        page.commit(updated('shared', 'by the page'), created('p')),
        a.commit(updated('shared', 'by LiveStore'), created('l')),
      ])
      const { events } = await converged(server, storeId, [page, a])
      assert.equal(events.length, 5)
      await page.close()
      await a.close()
    })

    test('arguments of every shape, and more than a page of events, arrive on a new page', limit, async () => {
      const server = await theServer()
      const storeId = newStore()
      const pages = [await browser.page(storeId, server[transport])]
      await pages[0].commit(...marks, ...numbered(400))
      await pages[0].synced(marks.length + 400)
      pages.push(await browser.page(storeId, server[transport]))
      const { events } = await converged(server, storeId, pages)
      assertMarks(events.slice(0, marks.length))
      for (const page of pages) await page.close()
    })
  })
}
