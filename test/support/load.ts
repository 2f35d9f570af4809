/** A load on servers behind a proxy: GET, POST with a body, responses that take their time; and who answered. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { hashOf } from './interop.ts'
import type { Proxy } from './proxy.ts'

/** Milliseconds between two requests of a client. */
const thinking = 5
const streamed = Buffer.concat(Array.from({ length: 15 }, (_, i) => Buffer.alloc(10_000, i)))

/** Says what is wrong with an answer. */
type Ask = (proxy: Proxy, way: string) => Promise<{ server: string; complaint: string }>

const kinds: Readonly<Record<string, Ask>> = {
  GET: (proxy, way) => {
    const protocol = way.startsWith('h2') ? 'HTTP/2' : 'HTTP/1.1'
    return asked(proxy, `/${way}/hello`, (body) => String(body) === `hello by ${protocol}`)
  },
  POST: (proxy, way) => {
    const bytes = randomBytes(Math.random() < 0.5 ? 100 : 100_000)
    const isRight = (body: Buffer): boolean => String(body) === JSON.stringify(hashOf(bytes))
    return asked(proxy, `/${way}/hash`, isRight, bytes)
  },
  stream: (proxy, way) => asked(proxy, `/${way}/stream`, (body) => body.equals(streamed)),
}

async function asked(
  proxy: Proxy,
  path: string,
  isRight: (body: Buffer) => boolean,
  bytes?: Uint8Array,
): Promise<{ server: string; complaint: string }> {
  const { response, body } = await proxy.ask(path, bytes ? { body: bytes } : {})
  const server = String(response.headers['x-server'])
  if (response.statusCode === 200 && isRight(body)) return { server, complaint: '' }
  return {
    server,
    complaint: `status ${response.statusCode}, ${body.length} bytes: ${body.subarray(0, 80)}`,
  }
}

/** Clients that ask again and again until `stop()`. */
export class Load {
  /** Each says when it was, and what the test was doing. */
  readonly failures: string[] = []
  /** What the test is doing. */
  phase = 'at the beginning'
  requests = 0
  /** Answers by way and server. */
  readonly #answers = new Map<string, number>()
  readonly #proxy: Proxy
  readonly #clients: readonly Promise<void>[]
  readonly #started = performance.now()
  #isOver = false

  /** `ways`: the first segments of paths; those with h2 in front lead to servers by HTTP/2. */
  constructor(proxy: Proxy, ways: readonly string[]) {
    this.#proxy = proxy
    this.#clients = ways.flatMap((way) =>
      ['GET', 'GET', 'POST', 'POST', 'stream', 'stream'].map((kind) => this.#client(kind, way)),
    )
  }

  /** How many answers came that way from that server. */
  answers(way: string, server: string): number {
    return this.#answers.get(`${way} ${server}`) ?? 0
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }

  async #client(kind: string, way: string): Promise<void> {
    while (!this.#isOver) {
      const { phase } = this
      const begun = Math.round(performance.now() - this.#started)
      const { server, complaint } = await kinds[kind]!(this.#proxy, way).catch((error: Error) => ({
        server: 'none',
        complaint: error.message,
      }))
      this.requests++
      if (complaint === '') this.#answers.set(`${way} ${server}`, this.answers(way, server) + 1)
      else {
        const ended = Math.round(performance.now() - this.#started)
        this.failures.push(`${kind} /${way} at ${begun}..${ended} ms, ${phase}: ${complaint}`)
      }
      await sleep(thinking)
    }
  }
}
