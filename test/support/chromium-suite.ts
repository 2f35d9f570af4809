import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, findChromium, launch } from './websocket/browser.ts'

/** Tests in a real Chromium. Without Chromium they are skipped, but in CI that fails. `what` is then not tested. */
export function describeInChromium(what: string, suite: (browser: () => Browser) => void): void {
  const executable = findChromium()
  const isRequired = process.env.CI === 'true' || process.env.CI === '1'

  it.skipIf(executable === undefined && !isRequired)(
    `Chromium is installed (without it ${what} is not tested)`,
    () => expect(executable).toBeDefined(),
  )

  describe.skipIf(executable === undefined)('in Chromium', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launch(executable!)
    })
    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]()
    })
    suite(() => browser)
  })
}
