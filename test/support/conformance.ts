/** Wire scripts: what a client sends, and what must come back. */
import { expect } from 'vitest'
import { errorCodeName } from '../../src/common/errors.ts'
import {
  END_HEADERS,
  END_STREAM,
  type Frame,
  RawClient,
  requestFields,
  Type,
} from './raw-client.ts'
import { get, RawHttp1, statusesIn } from './raw-http1.ts'
import type { TestServer } from './server.ts'

export interface Http2Row {
  /** Of RFC 9113. */
  readonly section: string
  readonly sent: string
  readonly send: (client: RawClient) => void | Promise<void>
  /**
   * What comes back: `GOAWAY code` and then FIN; `FIN` alone; `RST_STREAM(id) code` or `HEADERS(id) status` on a connection that
   * goes on; `nothing`: none of these.
   */
  readonly answer: string
  /** More that must be so of what came. */
  readonly check?: (client: RawClient) => void
  /** SETTINGS of the client; `none`: the row sends the preface itself. */
  readonly settings?: readonly [number, number][] | 'none'
}

export type Send = Http2Row['send']

/** A row of RFC 9113. */
export function row(
  section: string,
  sent: string,
  send: Send,
  answer: string,
  more: Pick<Http2Row, 'check' | 'settings'> = {},
): Http2Row {
  return { section, sent, send, answer, ...more }
}

export async function runHttp2(server: TestServer, script: Http2Row): Promise<void> {
  const { settings = [] } = script
  await using client =
    settings === 'none' ? await RawClient.open(server) : await RawClient.connect(server, settings)
  await script.send(client)
  await expectAnswer(client, script.answer)
  script.check?.(client)
}

async function expectAnswer(client: RawClient, answer: string): Promise<void> {
  if (answer === 'FIN') {
    await client.ended()
    return
  }
  if (answer.startsWith('GOAWAY')) {
    const { errorCode } = await client.goaway()
    expect(`GOAWAY ${errorCodeName(errorCode)}`).toBe(answer)
    return
  }
  if (answer !== 'nothing') {
    const streamId = Number(/\((\d+)\)/.exec(answer)?.[1])
    const isFinal = (frame: Frame): boolean =>
      frame.streamId === streamId && told(frame)?.startsWith('1', -3) !== true
    expect(told(await client.next((frame) => isFinal(frame) && told(frame) !== undefined))).toBe(
      answer,
    )
  }
  expect(await client.isAlive(), 'PING is answered').toBe(true)
  const wrong = client.frames.map(told).filter((text) => text && !isExpected(text, answer))
  expect(wrong, 'frames that must not come').toEqual([])
}

/** A frame that an answer can name. */
function told({ type, streamId, payload, fields }: Frame): string | undefined {
  if (type === Type.GOAWAY) return `GOAWAY ${errorCodeName(payload.readUInt32BE(4))}`
  if (type === Type.RST_STREAM) {
    return `RST_STREAM(${streamId}) ${errorCodeName(payload.readUInt32BE(0))}`
  }
  const status = fields.find(([name]) => name === ':status')?.[1]
  return type === Type.HEADERS && status ? `HEADERS(${streamId}) ${status}` : undefined
}

/** Other streams may be answered, and an answer may end with RST_STREAM(NO_ERROR). */
function isExpected(text: string, answer: string): boolean {
  return text === answer || text.startsWith('HEADERS') || text.endsWith(' NO_ERROR')
}

// ---- parts of scripts of HTTP/2 ----------------------------------------------------------------

/** A request whose body its handler waits for. */
export function open(client: RawClient, streamId = 1): void {
  client.headers(streamId, requestFields('POST', '/request/text'))
}

/** A request that was answered; its stream is closed. */
export async function answered(client: RawClient, streamId = 1): Promise<void> {
  client.get(streamId, '/response/json')
  await ended(client, streamId)
}

/** A request that the server is still answering; it is complete. */
export function pending(client: RawClient, streamId = 1): void {
  client.get(streamId, '/response/pause?ms=60')
}

/** A request that the server has reset, with its body to come. */
export async function refused(client: RawClient, streamId = 1): Promise<void> {
  client.headers(streamId, [...requestFields('POST', '/request/text'), ['X-Upper', '1']])
  await client.nextOf(Type.RST_STREAM, streamId)
}

export function ended(client: RawClient, streamId: number): Promise<Frame> {
  return client.next(
    (frame) =>
      frame.streamId === streamId && frame.type <= Type.HEADERS && (frame.flags & END_STREAM) !== 0,
  )
}

/** The body of a response, so far. */
export function bodyOf(client: RawClient, streamId = 1): string {
  const isBody = ({ type, streamId: id }: Frame): boolean => type === Type.DATA && id === streamId
  return client.frames
    .flatMap((frame) => (isBody(frame) ? [frame.payload.toString()] : []))
    .join('')
}

export const complete: number = END_HEADERS | END_STREAM
export const bytes = (...values: number[]): Buffer => Buffer.from(values)

// ---- HTTP/1.1 ----------------------------------------------------------------------------------

export interface Http1Row {
  /** Of RFC 9112. */
  readonly section: string
  readonly sent: string
  readonly text: string
  /** The statuses of all responses, and `kept` or `closed`: whether the connection goes on. */
  readonly answer: string
  /** More that must be so of what came. */
  readonly pattern?: RegExp
}

/** A row of RFC 9112. */
export function line(
  section: string,
  sent: string,
  text: string,
  answer: string,
  pattern?: RegExp,
): Http1Row {
  return { section, sent, text, answer, ...(pattern ? { pattern } : {}) }
}

export async function runHttp1(port: number, script: Http1Row): Promise<void> {
  await using client = await RawHttp1.open(port)
  client.send(script.text)
  const statuses = script.answer.match(/\d{3}/g) ?? []
  if (script.answer.endsWith('closed')) {
    await client.ended()
    expect(statusesIn(client.received).map(String)).toEqual(statuses)
    // RFC 9112 §9.6: the last response says that it is the last.
    if (statuses.length > 0) expect(client.received).toMatch(/\r\nconnection: close\r\n/)
  } else {
    await client.until(responses(statuses.length))
    expect(statusesIn(client.received).map(String)).toEqual(statuses)
    client.send(get('/response/json'))
    await client.until(responses(statuses.length + 1))
    expect(statusesIn(client.received).map(String)).toEqual([...statuses, '200'])
  }
  if (script.pattern) expect(client.received).toMatch(script.pattern)
}

/** Heads of this many responses. */
function responses(count: number): RegExp {
  return new RegExp(`^(?:[^]*?HTTP/1\\.1 \\d{3} ){${count}}[^]*\r\n\r\n`)
}
