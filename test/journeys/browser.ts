// A real browser for journeys: Debian's Chromium, one at a time, that speaks to nobody but this machine.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PATH = '/usr/bin/chromium'

/** Where it is absent, journeys that need it say so and are skipped. */
export const hasBrowser = existsSync(PATH)

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PATH,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  })
}
