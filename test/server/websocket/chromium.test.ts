import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeInChromium } from '../../support/chromium-suite.ts'
import { describeProgram } from '../../support/program-server.ts'
import { newTag } from '../../support/server.ts'
import { type Api, apis, portOf, program } from '../../support/websocket/suite.ts'

/** The server's report on a connection, a stream or a socket. */
interface Facts {
  readonly connection: number
  readonly streamId: number
  readonly remotePort: number
  readonly streamsOpen: number
  readonly extensions: string
  readonly protocol: string
  readonly url: string
}

describeInChromium('what a browser does', (browser) => {
  describeProgram(
    program,
    'WebSocket over HTTP/2',
    (server) => {
      describe.each(apis)('%s', (api: Api) => {
        let page: Page
        let host: string

        beforeAll(async () => {
          host = `127.0.0.1:${await portOf(server, api)}`
          page = await browser().context.newPage()
          return () => page.close()
        })

        beforeEach(async () => {
          await page.goto(`https://${host}/`)
        })

        it('the page comes over HTTP/2', async () => {
          expect(await page.textContent('p')).toBe('ready')
          const protocol = await page.evaluate(() => {
            const [navigation] = performance.getEntriesByType('navigation')
            return (navigation as PerformanceNavigationTiming).nextHopProtocol
          })
          expect(protocol).toBe('h2')
        })

        it('echoes, on the connection of the ordinary requests', async () => {
          const said = await page.evaluate(async (url) => {
            const ask = async (): Promise<Facts> => (await fetch('/facts')).json() as Promise<Facts>
            const before = await ask()
            const socket = new WebSocket(url, ['other', 'chat'])
            const next = (): Promise<string> =>
              new Promise((resolve, reject) => {
                socket.onmessage = ({ data }) => resolve(data as string)
                socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`))
              })
            await new Promise((resolve, reject) => {
              socket.onopen = resolve
              socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`))
            })
            socket.send('Grüße from the browser')
            const echo = await next()
            socket.send('!facts')
            const socketFacts = JSON.parse(await next()) as Facts
            const during = await ask()
            const { protocol, extensions } = socket
            socket.close()
            const [entry] = performance.getEntriesByName(new URL('/facts', location.href).href)
            const hop = (entry as PerformanceResourceTiming).nextHopProtocol
            return { before, echo, socketFacts, during, protocol, extensions, hop }
          }, `wss://${host}/path?x=y`)
          const { before, echo, socketFacts, during, protocol, extensions, hop } = said
          expect(echo).toBe('Grüße from the browser')
          expect(hop).toBe('h2')
          expect(protocol).toBe('chat')
          expect(extensions).toMatch(/^permessage-deflate/)
          expect(socketFacts).toMatchObject({
            connection: before.connection,
            remotePort: before.remotePort,
            url: `wss://${host}/path?x=y`,
            protocol: 'chat',
            extensions,
          })
          expect(during).toMatchObject({
            connection: before.connection,
            remotePort: before.remotePort,
          })
          // A request before it, the socket, a request after it: streams of one connection.
          expect(socketFacts.streamId).toBeGreaterThan(before.streamId)
          expect(during.streamId).toBeGreaterThan(socketFacts.streamId)
          expect(during.streamsOpen).toBeGreaterThanOrEqual(2)
        })

        it.each(['', '?compression=no'])(
          'binary and large messages, both ways %s',
          async (query) => {
            const said = await page.evaluate(async (url) => {
              const socket = new WebSocket(url)
              socket.binaryType = 'arraybuffer'
              const waiting: unknown[] = []
              let wake = (): void => {}
              socket.onmessage = ({ data }) => {
                waiting.push(data)
                wake()
              }
              const closed = new Promise((resolve) => {
                socket.onclose = ({ code }) => resolve(new Error(`closed with ${code}`))
              })
              const next = async (): Promise<unknown> => {
                if (waiting.length === 0) {
                  const lost = await Promise.race([new Promise<void>((r) => (wake = r)), closed])
                  if (lost instanceof Error) throw lost
                }
                return waiting.shift()
              }
              await new Promise((resolve) => (socket.onopen = resolve))
              const text = 'A text that compresses. \u{1f44b}'.repeat(100_000)
              const bytes = new Uint8Array(3 << 20)
              for (let i = 0; i < bytes.length; i += 65_536) {
                crypto.getRandomValues(bytes.subarray(i, i + 65_536))
              }
              socket.send(text)
              socket.send(bytes)
              // Chromium keeps an empty message behind a Blob until something else is sent: not the last one, then.
              socket.send(new Uint8Array(0))
              socket.send(new Blob(['a ', 'Blob']))
              const isText = (await next()) === text
              const back = new Uint8Array((await next()) as ArrayBuffer)
              const isBytes =
                back.length === bytes.length && back.every((byte, i) => byte === bytes[i])
              const empty = ((await next()) as ArrayBuffer).byteLength
              const blob = new TextDecoder().decode((await next()) as ArrayBuffer)
              socket.send('!flood 128')
              const numbers: number[] = []
              let last = await next()
              for (; typeof last !== 'string'; last = await next()) {
                numbers.push(new DataView(last as ArrayBuffer).getUint32(0))
              }
              const inOrder = numbers.every((number, i) => number === i)
              socket.close(1000)
              return { isText, isBytes, blob, empty, count: numbers.length, inOrder, last }
            }, `wss://${host}/${query}`)
            expect(said).toEqual({
              isText: true,
              isBytes: true,
              blob: 'a Blob',
              empty: 0,
              count: 128,
              inOrder: true,
              last: expect.stringMatching(/^flooded/),
            })
          },
        )

        it.each([
          { code: 1000, reason: 'done' },
          { code: 4999, reason: 'Grüße' },
          { code: undefined, reason: '' },
        ])('the browser closes: %o', async ({ code, reason }) => {
          const tag = newTag()
          const closing = await page.evaluate(
            async ([url, status, why]) => {
              const socket = new WebSocket(url)
              await new Promise((resolve) => (socket.onopen = resolve))
              if (status === undefined) socket.close()
              else socket.close(status, why)
              const event = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve))
              return { code: event.code, wasClean: event.wasClean }
            },
            [`wss://${host}/?tag=${tag}`, code, reason] as const,
          )
          expect(closing).toEqual({ code: code ?? 1005, wasClean: true })
          const line = await server.line('close', tag)
          expect(line).toMatchObject({ code: code ?? 1005, reason, wasClean: true })
        })

        it('the server closes', async () => {
          const tag = newTag()
          const closing = await page.evaluate(async (url) => {
            const socket = new WebSocket(url)
            await new Promise((resolve) => (socket.onopen = resolve))
            socket.send('!close 4321 enough of this')
            const event = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve))
            return { code: event.code, reason: event.reason, wasClean: event.wasClean }
          }, `wss://${host}/?tag=${tag}`)
          expect(closing).toEqual({ code: 4321, reason: 'enough of this', wasClean: true })
          expect(await server.line('close', tag)).toMatchObject({ code: 4321, wasClean: true })
        })

        it('a refusal is an error and 1006, and the page goes on', async () => {
          const said = await page.evaluate(async (url) => {
            const socket = new WebSocket(url)
            let hasFailed = false
            socket.onerror = () => (hasFailed = true)
            const event = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve))
            const { ok } = await fetch('/still-there')
            return { hasFailed, code: event.code, ok }
          }, `wss://${host}/forbidden`)
          expect(said).toEqual({ hasFailed: true, code: 1006, ok: true })
        })

        it('the page is left: the server learns it', async () => {
          const tag = newTag()
          await page.evaluate(async (url) => {
            const socket = new WebSocket(url)
            await new Promise((resolve) => (socket.onopen = resolve))
          }, `wss://${host}/?tag=${tag}`)
          await page.goto('about:blank')
          const line = await server.line('close', tag)
          // Going away when the browser gets to say it.
          expect([1001, 1006]).toContain(line.code)
        })

        it('20 sockets and 20 requests at once, on one connection', async () => {
          const connections = await page.evaluate(async (url) => {
            const sockets = Array.from({ length: 20 }, async () => {
              const socket = new WebSocket(url)
              const failed = new Promise<never>((_, reject) => {
                socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`))
              })
              await Promise.race([new Promise((resolve) => (socket.onopen = resolve)), failed])
              const answer = new Promise<string>((resolve) => {
                socket.onmessage = ({ data }) => resolve(data as string)
              })
              socket.send('!facts')
              return (JSON.parse(await Promise.race([answer, failed])) as Facts).connection
            })
            const requests = Array.from({ length: 20 }, async (_, i) => {
              const answer = await fetch(`/facts/${i}`)
              return ((await answer.json()) as Facts).connection
            })
            return Promise.all([...sockets, ...requests])
          }, `wss://${host}/`)
          expect(connections.length).toBe(40)
          expect(new Set(connections).size).toBe(1)
        })
      })
    },
    ['TLS'],
  )
})
