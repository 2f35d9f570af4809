/** The examples that are meant for a browser, in one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../support/certificate.ts'
import { type RunningExample, startExample } from '../support/examples.ts'
import { type RuntimeName, runtimeNames } from '../support/processes.ts'
import { type Browser, findChromium, launch } from '../support/websocket/browser.ts'

const executable = findChromium()

describe.skipIf(executable === undefined)('in Chromium', () => {
  let browser: Browser
  let folder = ''
  const args: string[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'examples-'))
    const certificate = await makeCertificate()
    for (const [name, text] of Object.entries(certificate)) {
      await writeFile(join(folder, `${name}.pem`), text)
      args.push(`--${name}`, join(folder, `${name}.pem`))
    }
    browser = await launch(executable!, certificate.cert)
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** Ended at once when the test is over: Chromium may hold a connection that it has no use for. */
  async function start(runtime: RuntimeName, name: string): Promise<RunningExample> {
    const example = await startExample(runtime, name, args)
    onTestFinished(() => example.program.kill('SIGKILL'))
    return example
  }

  /** How a new page got what early-hints.ts has it preload. */
  async function timingsOf(url: string): Promise<unknown> {
    const page = await browser.context.newPage()
    await page.goto(`${url}/`)
    expect(await page.title()).toBe('Ready and running')
    expect(await page.evaluate(() => getComputedStyle(document.body).fontSize)).toBe('32px')
    const { protocol, files } = await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType('navigation')
      const { nextHopProtocol } = navigation as PerformanceNavigationTiming
      const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
      const timings = entries
        .filter(({ name }) => /\.(css|js)$/.test(name))
        .map(({ name, initiatorType, transferSize }) => {
          return { path: new URL(name).pathname, initiatorType, transferSize }
        })
      return { protocol: nextHopProtocol, files: timings }
    })
    expect(protocol).toBe('h2')
    await page.close()
    return files
  }

  describe.each(runtimeNames)('%s', (runtime) => {
    it('early-hints.ts: the files are there before the page is, and are fetched once', async () => {
      const example = await start(runtime, 'early-hints')
      // A browser that has much else to do may come to the 103 after the page.
      await expect
        .poll(() => timingsOf(example.url), { timeout: 20_000 })
        .toEqual(
          ['/style.css', '/app.js'].map((path) => {
            // In the cache already when the page asked for it.
            return { path, initiatorType: 'early-hints', transferSize: 0 }
          }),
        )
    })

    it('events.ts: the list grows', async () => {
      const example = await start(runtime, 'events')
      const page = await browser.context.newPage()
      await page.goto(`${example.url}/`)
      await page.waitForSelector('li:nth-child(3)')
      expect(await page.textContent('li')).toMatch(/^\d{4}-\d\d-\d\dT/)
      await page.close()
      await example.program.waitFor(/one listener less/)
    })

    it('chat.ts: two pages hear each other', async () => {
      const example = await start(runtime, 'chat')
      const pages = [await browser.context.newPage(), await browser.context.newPage()] as const
      for (const page of pages) await page.goto(`${example.url}/`)
      const [one, two] = pages
      await one.waitForSelector('text=guest 2 is here')
      await two.fill('input', 'hello')
      await two.press('input', 'Enter')
      await one.waitForSelector('text=guest 2: hello')
      await two.close()
      await one.waitForSelector('text=guest 2 has left')
      await one.close()
    })
  })
})
