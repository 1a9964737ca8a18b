/** What the tests of several tabs share: the site, a profile, and tabs that say what goes wrong in them. */
import { fileURLToPath } from 'node:url'
import { makeProfile, openBareBrowser, openBrowser, removeProfile } from './browser.mjs'
import { openSite } from './site.mjs'

const file = (name) => fileURLToPath(new URL(name, import.meta.url))

export const openTabsSite = () =>
  openSite({
    programs: [file('tabs-page.ts'), file('tabs-worker.ts')],
    files: { '/': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/tabs-page.js"></script>' },
  })

const tabsOf = (site, contextNow) => ({
  context: contextNow,
  /** A tab whose page has loaded; the store is not open yet. */
  async blank() {
    const page = await contextNow().newPage()
    page.errors = []
    page.on('pageerror', (error) => page.errors.push(String(error)))
    await page.goto(site.url())
    return page
  },
  async tab(settings = {}) {
    const page = await this.blank()
    page.opened = await page.evaluate((settings) => lab.open(settings), settings)
    return page
  },
})

/** A browser of its own, whose profile survives its end. `options` go to playwright. */
export async function openProfile(site, options = {}) {
  const profile = makeProfile()
  let context = await openBrowser(profile, options)
  return {
    ...tabsOf(site, () => context),
    profile,
    async restart() {
      await context.close().catch(() => undefined)
      context = await openBrowser(profile, options)
    },
    async close() {
      await context.close().catch(() => undefined)
      removeProfile(profile)
    },
  }
}

/** One browser for many profiles, which are as far from each other as those of different browsers, and cost less. */
export async function openProfiles(site) {
  const browser = await openBareBrowser()
  return {
    async profile() {
      const context = await browser.newContext()
      return { ...tabsOf(site, () => context), close: () => context.close() }
    },
    close: () => browser.close(),
  }
}

export const texts = (page) => page.evaluate(() => lab.texts())
export const count = (page) => page.evaluate(() => lab.count())
export const logs = (page) => page.evaluate(() => lab.logs)
