// A gRPC service on serve(): the four kinds of calls, deadlines, statuses in trailers, and gRPC's own health
// check. The same file runs on all three runtimes:
//
//   deno run -A grpc.ts      bun grpc.ts      node grpc.ts (from 22.18 on)
//
// Options: --host 127.0.0.1  --port 8080  and for TLS  --cert cert.pem --key key.pem
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { FastResponse, type FetchInfo, serve } from 'nghttp2-wasm'
import protobuf from 'protobufjs'

const { root } = protobuf.parse(`
  syntax = "proto3";
  package example;
  service Greeter {
    rpc Greet (Text) returns (Text);
    rpc Join (stream Text) returns (Text);
    rpc Split (Text) returns (stream Text);
    rpc Shout (stream Text) returns (stream Text);
  }
  message Text { string text = 1; }
`)
protobuf.parse(
  `
  syntax = "proto3";
  package grpc.health.v1;
  service Health {
    rpc Check (HealthCheckRequest) returns (HealthCheckResponse);
  }
  message HealthCheckRequest { string service = 1; }
  message HealthCheckResponse {
    enum ServingStatus { UNKNOWN = 0; SERVING = 1; }
    ServingStatus status = 1;
  }
`,
  root,
)
root.resolveAll()

/** google.rpc.Code */
const Code = {
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  TOO_LARGE: 8,
  UNIMPLEMENTED: 12,
}

class GrpcError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The fields that requests have. */
interface Fields {
  readonly text: string
  readonly service: string
}

/** Every call is a stream in both directions; a unary one has one message each way. */
type Call = (requests: AsyncIterable<Fields>, signal: AbortSignal) => AsyncIterable<object>

const calls: Readonly<Record<string, Call>> = {
  async *'/example.Greeter/Greet'(requests) {
    for await (const { text } of requests) {
      if (text === '') throw new GrpcError(Code.INVALID_ARGUMENT, 'who is to be greeted?')
      yield { text: `Hello, ${text}` }
    }
  },
  async *'/example.Greeter/Join'(requests) {
    const texts: string[] = []
    for await (const { text } of requests) texts.push(text)
    yield { text: texts.join(' ') }
  },
  async *'/example.Greeter/Split'(requests, signal) {
    for await (const { text } of requests) {
      for (const word of text.split(' ')) {
        if (word === '…') await forever(signal)
        yield { text: word }
      }
    }
  },
  async *'/example.Greeter/Shout'(requests) {
    for await (const { text } of requests) yield { text: text.toUpperCase() }
  },
  /** An empty name means the server. */
  async *'/grpc.health.v1.Health/Check'(requests) {
    for await (const { service } of requests) {
      if (service !== '' && service !== 'example.Greeter') {
        throw new GrpcError(Code.NOT_FOUND, `there is no service ${service}`)
      }
      yield { status: 1 }
    }
  },
}

async function fetch(request: Request, info: FetchInfo): Promise<FastResponse> {
  const { pathname } = new URL(request.url)
  const call = calls[pathname]
  // A client that compresses is refused, and told that it need not.
  const type = { 'content-type': 'application/grpc+proto', 'grpc-accept-encoding': 'identity' }
  if (!call || !request.body) {
    return new FastResponse(null, {
      headers: { ...type, 'grpc-status': String(Code.UNIMPLEMENTED) },
    })
  }

  const [, service = '', method = ''] = pathname.split('/')
  const { resolvedRequestType, resolvedResponseType } = root.lookupService(service).methods[method]!
  // A deadline is a call's own; the signal of the request says that the client has gone.
  const deadline = milliseconds(request.headers.get('grpc-timeout'))
  const late = deadline === undefined ? [] : [AbortSignal.timeout(deadline)]
  const signal = AbortSignal.any([request.signal, ...late])
  const end = aborted(signal)
  const replies = call(messages(request.body, resolvedRequestType!), signal)[Symbol.asyncIterator]()

  let status: Record<string, string> = { 'grpc-status': '0' }
  async function* frames(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const { done, value } = await Promise.race([replies.next(), end])
        if (done) return
        yield frame(value, resolvedResponseType!)
      }
    } catch (error) {
      const code = error instanceof GrpcError ? error.code : Code.UNKNOWN
      const message = error instanceof GrpcError ? error.message : 'the service failed'
      // As it is but for what a field cannot have, and the percent sign.
      const text = message.replace(/[^ -$&-~]+/gu, encodeURIComponent)
      status = { 'grpc-status': String(code), 'grpc-message': text }
    }
  }
  info.setTrailers(() => status)
  return new FastResponse(frames(), { headers: type })
}

/** The messages of a body: a byte (1: compressed), four of the length, and the message. */
async function* messages(
  body: ReadableStream<Uint8Array>,
  type: protobuf.Type,
): AsyncGenerator<Fields> {
  const take = taker(body)
  for (;;) {
    const head = await take(5)
    if (!head) return
    const length = new DataView(head.buffer).getUint32(1)
    if (head[0] !== 0) throw new GrpcError(Code.UNIMPLEMENTED, 'no compressed messages')
    if (length > 8 << 20) throw new GrpcError(Code.TOO_LARGE, `${length} bytes are too many`)
    yield type.decode((await take(length))!) as unknown as Fields
  }
}

/** Gives so many bytes of a body, or nothing at its end. */
function taker(
  body: ReadableStream<Uint8Array>,
): (count: number) => Promise<Uint8Array | undefined> {
  const reader = body.getReader()
  let rest: Uint8Array = new Uint8Array(0)
  return async (count) => {
    const taken = new Uint8Array(count)
    for (let at = 0; at < count;) {
      if (rest.length === 0) {
        const { done, value } = await reader.read()
        if (done && at === 0) return undefined
        if (done) throw new GrpcError(Code.INVALID_ARGUMENT, 'a message was cut')
        rest = value
      }
      const part = rest.subarray(0, count - at)
      taken.set(part, at)
      at += part.length
      rest = rest.subarray(part.length)
    }
    return taken
  }
}

function frame(message: object, type: protobuf.Type): Uint8Array {
  const bytes = type.encode(message).finish()
  const framed = new Uint8Array(5 + bytes.length)
  new DataView(framed.buffer).setUint32(1, bytes.length)
  framed.set(bytes, 5)
  return framed
}

/** `grpc-timeout`: digits and a unit. */
function milliseconds(timeout: string | null): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(timeout ?? '') ?? []
  const units: Record<string, number> = { H: 3.6e6, M: 6e4, S: 1000, m: 1, u: 1e-3, n: 1e-6 }
  return unit === undefined ? undefined : Math.ceil(Number(digits) * units[unit]!)
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  const reason = new GrpcError(Code.DEADLINE_EXCEEDED, 'the deadline has passed')
  const promise = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(reason), { once: true })
  })
  promise.catch(() => {}) // a caller may not be waiting
  return promise
}

/** What a call does that takes too long; a service looks at the signal, and stops. */
async function forever(signal: AbortSignal): Promise<never> {
  await aborted(signal).finally(() => console.log('stopped'))
  throw signal.reason
}

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8080' },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
})
const tls =
  values.cert && values.key
    ? { cert: readFileSync(values.cert, 'utf8'), key: readFileSync(values.key, 'utf8') }
    : null

const server = serve({
  hostname: values.host,
  port: Number(values.port),
  tls,
  fetch,
  gracefulShutdown: true,
})
await server.ready()
console.log(`Listening on ${server.url}`)
