/** Debian's Chromium, driven by playwright-core. A profile is a browser with a directory of its own: what it stores is
 * there when the next browser is started on it, also after a kill. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromWeb } from './site.mjs'

const { chromium } = fromWeb('playwright-core')

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]

export const makeProfile = () => mkdtempSync(join(tmpdir(), 'livestore-profile-'))
export const removeProfile = (profile) =>
  rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })

const LAUNCH = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS }

/** All pages of a profile are tabs of one browser. */
export const openBrowser = (profile, options = {}) => chromium.launchPersistentContext(profile, { ...LAUNCH, ...options })
/** One without a profile: each context of it has a storage of its own, which is gone with it. */
export const openBareBrowser = () => chromium.launch(LAUNCH)

/** kill -9: nothing of the browser gets to run again. */
export async function killBrowser(context, profile) {
  const closed = new Promise((resolve) => context.once('close', resolve))
  const pids = execFileSync('pgrep', ['-f', `user-data-dir=${profile}`], { encoding: 'utf8' }).trim().split('\n')
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It went with another one.
    }
  }
  await closed
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Until `holds` gives something true; that is returned. */
export async function until(what, holds, ms = 15000) {
  for (const end = Date.now() + ms; ; await sleep(10)) {
    const held = await holds()
    if (held) return held
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
  }
}
