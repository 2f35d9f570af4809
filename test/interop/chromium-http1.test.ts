/** A browser in cleartext, which speaks HTTP/1.1: pages, forms, events, WebSockets, downloads. */
import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { describeInChromium } from '../support/chromium-suite.ts'
import { countsDuring, downloaded, errorsOf, hashOf, program } from '../support/interop.ts'
import { describeProgram } from '../support/program-server.ts'
import { newTag } from '../support/server.ts'

describeInChromium('what a browser does by HTTP/1.1', (browser) => {
  describeProgram(program, 'HTTP/1.1', (server) => {
    let page: Page
    /** Errors on the console, in scripts, and of connections; what a test cancels is no error. */
    const problems: string[] = []

    beforeAll(async () => {
      page = await browser().context.newPage()
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text())
      })
      page.on('pageerror', (error) => problems.push(String(error)))
      page.on('requestfailed', (request) => {
        const { errorText = '' } = request.failure() ?? {}
        if (errorText !== 'net::ERR_ABORTED') problems.push(`${request.url()}: ${errorText}`)
      })
      return () => page.close()
    })
    beforeEach(async () => {
      await page.goto(server.url('/page'))
    })

    it('a page comes by HTTP/1.1', async () => {
      expect(await page.textContent('p')).toBe('ready')
      const protocol = await page.evaluate(() => {
        const [navigation] = performance.getEntriesByType('navigation')
        return (navigation as PerformanceNavigationTiming).nextHopProtocol
      })
      expect(protocol).toBe('http/1.1')
    })

    it('a form is uploaded with a file of 300 kB', async () => {
      const file = randomBytes(300_000)
      await page.setInputFiles('input[type=file]', {
        name: 'a file.bin',
        mimeType: 'application/x-own',
        buffer: file,
      })
      await page.click('button')
      await page.waitForURL(server.url('/form'))
      const said = JSON.parse((await page.textContent('body'))!) as unknown
      expect(said).toEqual({ ...hashOf(file), name: 'a file.bin', text: 'Grüße' })
    })

    it('an EventSource gets each event as it is sent', async () => {
      const events = await page.evaluate(
        () =>
          new Promise((resolve, reject) => {
            const source = new EventSource('/events')
            const seen: string[][] = []
            source.addEventListener('tick', ({ data, lastEventId }) => {
              seen.push([lastEventId, data as string])
              if (seen.length < 3) return
              source.close()
              resolve(seen)
            })
            source.addEventListener('error', () => reject(new Error(`closed after ${seen.length}`)))
          }),
      )
      expect(events).toEqual([
        ['1', 'number 1'],
        ['2', 'number 2'],
        ['3', 'number 3'],
      ])
    })

    it('a WebSocket echoes texts and bytes, and closes as it is told', async () => {
      const said = await page.evaluate(async () => {
        const socket = new WebSocket(`ws://${location.host}/socket`, ['other', 'echo'])
        socket.binaryType = 'arraybuffer'
        const next = (event: string): Promise<Event> =>
          new Promise((resolve) => socket.addEventListener(event, resolve, { once: true }))
        await next('open')
        const bytes = crypto.getRandomValues(new Uint8Array(60_000))
        const echoes: boolean[] = []
        for (const message of ['Grüße', 'x'.repeat(300_000), bytes]) {
          const echo = next('message')
          socket.send(message)
          const { data } = (await echo) as MessageEvent<string | ArrayBuffer>
          echoes.push(
            String(typeof data === 'string' ? data : new Uint8Array(data)) === String(message),
          )
        }
        const close = next('close')
        socket.close(4000)
        const { code, wasClean } = (await close) as CloseEvent
        return { echoes, protocol: socket.protocol, code, wasClean }
      })
      expect(said).toEqual({
        echoes: [true, true, true],
        protocol: 'echo',
        code: 4000,
        wasClean: true,
      })
    })

    it.each(['', '&chunked'])('a download of 5 MiB arrives as it is: %j', async (framing) => {
      const size = 5 << 20
      const said = await page.evaluate(async (path) => {
        const bytes = await (await fetch(path)).arrayBuffer()
        const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
        const sha256 = Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('')
        return { received: bytes.byteLength, sha256 }
      }, `/download?size=${size}${framing}`)
      expect(said).toEqual(hashOf(downloaded(size)))
    })

    it('40 requests at once take at most six connections', async () => {
      const counts = await countsDuring(server, async () => {
        const texts = await page.evaluate(() =>
          Promise.all(Array.from({ length: 40 }, async (_, i) => (await fetch(`/?${i}`)).text())),
        )
        expect(new Set(texts)).toEqual(new Set(['hello\n']))
      })
      expect(counts.requests).toBe(40)
      expect(counts.connections).toBeLessThanOrEqual(6)
    })

    it('a download that is cancelled in its midst aborts the signal of its request', async () => {
      const tag = newTag()
      const name = await page.evaluate(async (path) => {
        const controller = new AbortController()
        const response = await fetch(path, { signal: controller.signal })
        const reader = response.body!.getReader()
        await reader.read()
        controller.abort()
        return reader.read().then(
          () => 'no error',
          (error: Error) => error.name,
        )
      }, `/download?size=500000000&tag=${tag}`)
      expect(name).toBe('AbortError')
      await server.line('abort', tag)
    })

    it('a page that is left in the midst of its download aborts the signal of its request', async () => {
      const tag = newTag()
      await page.evaluate(async (path) => {
        const response = await fetch(path)
        await response.body!.getReader().read()
      }, `/download?size=500000000&tag=${tag}`)
      await page.goto('about:blank')
      await server.line('abort', tag)
    })

    it('no error was on the console, and none of a connection', async () => {
      expect(problems).toEqual([])
      expect(errorsOf(server, true)).toEqual([])
    })
  })
})
