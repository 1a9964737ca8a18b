// Our package in a page of Chromium: a client like the others, whose store is in OPFS and syncs from its worker.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { until } from './fixture.js'

const ofBrowsers = (name) => import(pathToFileURL(path.join(process.env.PROJECT, 'tests/web/lib', name)))
const document = readFileSync(fileURLToPath(new URL('../todos.json', import.meta.url)), 'utf8')

/** Profiles of one browser, each with a storage of its own. */
export async function openBrowser() {
  const { openProfiles, openTabsSite } = await ofBrowsers('tabs.mjs')
  const site = await openTabsSite()
  const profiles = await openProfiles(site)
  return {
    page: async (storeId, url) => Page.open(await profiles.profile(), { storeId, url, document }),
    async close() {
      await profiles.close()
      await site.close()
    },
  }
}

class Page {
  static async open(profile, settings) {
    return new Page(profile, await profile.tab(settings))
  }

  constructor(profile, tab) {
    Object.assign(this, { profile, tab, clientId: tab.opened.clientId })
  }

  commit(...events) {
    return this.tab.evaluate((events) => events.forEach(({ name, args }) => lab.commitEvent(name, args)), events)
  }

  /** Until all is on the server, and everything up to `head` is here. */
  async synced(head = 0) {
    let network
    const isSynced = async () => {
      const [unsaved, now, { upstreamHead }] = await this.tab.evaluate(() =>
        Promise.all([lab.unsaved(), lab.network(), lab.status()]))
      network = now
      return unsaved === 0 && now.pending === 0 && now.phase === 'live' && upstreamHead.global >= head
    }
    await until(isSynced, 'the page is synced', 30000).catch((error) => {
      throw new Error(`${error.message}; its network: ${JSON.stringify(network)}`)
    })
  }

  todos() {
    return this.tab.evaluate(() =>
      lab.rows('SELECT id, text, completed FROM todos ORDER BY id')
        .map(([id, text, completed]) => ({ id, text, completed })))
  }

  async log() {
    const events = await this.tab.evaluate(() => lab.leader().events({}, 100000))
    return events
      .filter(({ seq }) => seq.client === 0)
      .map(({ name, args, seq, clientId, sessionId }) => ({ name, args, seqNum: seq.global, clientId, sessionId }))
  }

  close() {
    return this.profile.close()
  }
}
