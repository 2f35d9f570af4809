/** What an application does with a request; the path names it. Most of it is what an application should not do. */
import {
  DATA_DEFERRED,
  DATA_EOF,
  DATA_OK,
  type FetchHandler,
  FastResponse,
  upgradeWebSocket,
} from '../../../src/index.ts'

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const never = new Promise<never>(() => {})
const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(0x62)

export function detach(chunk: Uint8Array): void {
  structuredClone(chunk.buffer, { transfer: [chunk.buffer as ArrayBuffer] })
}

/** An error that an application throws on purpose. */
export class OnPurpose extends Error {}

export const thrown = (): never => {
  throw new OnPurpose('thrown on purpose')
}

function streamOf(pull: (to: ReadableStreamDefaultController, nth: number) => unknown): Response {
  let nth = 0
  return new Response(
    new ReadableStream({
      async pull(to) {
        await pull(to, nth++)
      },
    }),
  )
}

async function* slowly(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 3; i++) {
    await turn()
    yield bytes(2000)
  }
}

/** Answers at once, and the same each time. */
export const plainBehaviours: Record<string, FetchHandler> = {
  text: () => new Response('some text'),
  empty: () => new Response(null, { status: 204 }),
  fast: () => new FastResponse('a fast response', { headers: { 'x-kept': 'v'.repeat(100) } }),
  missing: () => new Response('not here', { status: 404 }),
  long: () => new FastResponse(bytes(20_000)),
  trailers: () => new FastResponse('x', { trailers: [['x-sum', '1']] }),
}

export const fetchBehaviours: Record<string, FetchHandler> = {
  ...plainBehaviours,
  honest: async (request) => new Response(`honest ${(await request.arrayBuffer()).byteLength}`),
  echo: (request) => new Response(request.body),
  throw: thrown,
  reject: async () => {
    await turn()
    return thrown()
  },
  junk: () => ({ status: 200 }) as never,
  never: () => never,
  later: async () => {
    await turn()
    await turn()
    return new Response('later')
  },
  'reads one chunk': async (request) => {
    const reader = request.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    return new Response('enough')
  },
  'reads one chunk and stalls': async (request) => {
    await request.body?.getReader().read()
    return never
  },
  'reads twice': async (request) => {
    await request.text()
    return new Response(await request.text())
  },
  clone: async (request) => {
    const other = request.clone()
    return new Response(`${(await request.text()).length} ${(await other.text()).length}`)
  },
  form: async (request) => new Response(String([...(await request.formData()).keys()])),
  signal: (request) =>
    new Promise((resolve) => {
      request.signal.addEventListener('abort', () => resolve(new Response('too late')))
    }),
  'a stream that stalls': () => streamOf((to, nth) => (nth > 0 ? never : to.enqueue(bytes(10)))),
  'a stream that fails': () =>
    streamOf((to, nth) => (nth > 1 ? thrown() : to.enqueue(bytes(3000)))),
  'a long stream': () => streamOf((to, nth) => (nth > 40 ? to.close() : to.enqueue(bytes(16_384)))),
  'a slow generator': () => new FastResponse(slowly()),
  'a function that defers': () => new FastResponse(() => [null, DATA_DEFERRED]),
  'a function that ends': () => new FastResponse((size) => [bytes(size % 5000), DATA_EOF]),
  'a function without end': () => new FastResponse((size) => [bytes(size), DATA_OK]),
  'a body that is detached': () => {
    const body = bytes(50_000)
    void Promise.resolve().then(() => detach(body))
    return new FastResponse(body)
  },
  'a chunk that is detached': () => {
    let count = 0
    return new FastResponse(() => {
      const chunk = bytes(20_000)
      void Promise.resolve().then(() => detach(chunk))
      return [chunk, ++count > 3 ? DATA_EOF : DATA_OK]
    })
  },
  'trailers that fail': () => new FastResponse('x', { trailers: thrown }),
  push: (_, info) => {
    info.informational(103, [['link', '</a>']])
    info.push({ path: '/pushed', body: bytes(30_000) })
    info.push({ path: '/failing', body: () => thrown() })
    return new Response('pushed')
  },
  control: (_, info) => {
    info.session?.ping().catch(() => {})
    info.session?.settings({ initialWindowSize: 1000 })
    info.session?.origin(['https://memory'])
    info.priority = { urgency: 1, incremental: true }
    return new Response('controlled')
  },
  close: (_, info) => {
    info.session?.close()
    return new Response('the last one')
  },
  websocket: (request) => {
    const { socket, response } = upgradeWebSocket(request)
    socket.addEventListener('message', ({ data }) => socket.send(data as string))
    socket.addEventListener('open', () => socket.send('hello'))
    return response
  },
  tunnel: (_, info) => {
    const { readable, writable } = info.connect!.accept()
    readable.pipeTo(writable).catch(() => {})
  },
  'a tunnel that is not read': (_, info) => {
    void info.connect!.accept()
  },
}

export const behaviourNames: readonly string[] = Object.keys(fetchBehaviours)
export const plainNames: readonly string[] = Object.keys(plainBehaviours)
/** These end the connection, or their streams' neighbours may wait for them. */
const selfish = new Set(['close', 'control', 'a chunk that is detached', 'a body that is detached'])
export const neighbourly: readonly string[] = behaviourNames.filter((name) => !selfish.has(name))

export function pathOf(behaviour: string): string {
  return `/${behaviour.replaceAll(' ', '-')}`
}

const byPath = new Map(
  Object.entries(fetchBehaviours).map(([name, behave]) => [pathOf(name), behave]),
)

/** The fetch handler that does what the path says. */
export const behave: FetchHandler = (request, info) => {
  const path = request.method === 'CONNECT' ? '/tunnel' : new URL(request.url).pathname
  return (byPath.get(path) ?? plainBehaviours['missing']!)(request, info)
}
