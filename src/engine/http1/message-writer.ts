import { HTTPError } from '../../common/errors.ts'
import { type FlatFields, wireName, wireValue } from '../../common/fields.ts'
import { findHead, keepHead } from './head-cache.ts'
import { OutputBuffer } from './output-buffer.ts'
import { reasonPhrases } from './reason-phrases.ts'

/**
 * How the end of the message that is being sent is marked (RFC 9112 §6.3).
 *
 * - `none`: no message is being sent.
 * - `empty`: the message has no body, whatever its fields say.
 * - `length`: by Content-Length.
 * - `chunked`: by the last chunk.
 * - `close`: by the end of the connection.
 * - `tunnel`: the bytes belong to another protocol.
 */
export type Framing = 'none' | 'empty' | 'length' | 'chunked' | 'close' | 'tunnel'

/** Properties of a message that follow from its peer and its status. */
export interface MessageContext {
  /** The message has no body: the request was HEAD, or the status is 1xx, 204 or 304. */
  readonly isEmpty: boolean
  /** The peer takes `chunked`: its version is not HTTP/1.0. */
  readonly takesChunks: boolean
  /** The end of the connection may end the body. */
  readonly mayClose: boolean
  /** The Connection field; `''`: none. */
  readonly connection: string
}

/** Valid names, in the form in which they are written. */
const names: Map<string, string> = new Map()
/** The most names that are kept. */
const mostNames = 512
const lastChunk = '0\r\n\r\n'

/** Writes messages of HTTP/1.1, one after the other. */
export class MessageWriter {
  readonly output: OutputBuffer
  #framing: Framing = 'none'
  /** Bytes that Content-Length has announced and that were not written yet. */
  #left = 0

  constructor(view: (bytes: Uint8Array) => Uint8Array) {
    this.output = new OutputBuffer(view)
  }

  get framing(): Framing {
    return this.#framing
  }

  /** Writes a 1xx response. Throws, before anything is written, for a field that cannot be sent. */
  interim(status: number, fields: FlatFields, first: number): void {
    this.output.text(`${statusLine(status)}${fieldLines(fields, first)}\r\n`)
  }

  /**
   * Writes a complete response. `fields` begin with `:status`, and have `content-length`. A head that repeats is taken
   * from the cache.
   */
  whole(fields: FlatFields, context: MessageContext, body: Uint8Array | string): void {
    const known = findHead(fields, body.length, context.connection)
    if (known) this.output.bytes(known)
    else {
      const declared = declaredLength(fields, 2)
      if (declared === undefined) throw new HTTPError('ERR_INVALID_MESSAGE', 'no content-length')
      checkLength(declared, body.length)
      const text = headText(statusLine(Number(fields[1])), fields, 2, context.connection)
      keepHead(fields, body.length, context.connection, text)
      this.output.text(text)
    }
    if (typeof body === 'string') this.output.text(body)
    else this.output.bytes(body)
  }

  /**
   * Writes the head of a message, and the first bytes of its body. `start`: the start line, with CRLF. `first`: the
   * index of the first field. `isEnd`: `body` is the whole body. Throws, before anything is written, for a field that
   * cannot be sent.
   */
  head(
    start: string,
    fields: FlatFields,
    first: number,
    context: MessageContext,
    body: Uint8Array | string,
    isEnd: boolean,
  ): void {
    const declared = declaredLength(fields, first)
    if (isEnd && !context.isEmpty && declared !== undefined) checkLength(declared, body.length)
    let lines = start + fieldLines(fields, first)
    if (context.isEmpty) this.#framing = 'empty'
    else if (declared !== undefined) this.#framing = 'length'
    else if (isEnd) {
      this.#framing = 'length'
      lines += `content-length: ${body.length}\r\n`
    } else if (context.takesChunks) {
      this.#framing = 'chunked'
      lines += 'transfer-encoding: chunked\r\n'
    } else if (context.mayClose) this.#framing = 'close'
    else throw new HTTPError('ERR_INVALID_MESSAGE', 'the length of the body must be known')
    if (context.connection !== '') lines += `connection: ${context.connection}\r\n`
    this.#left = declared ?? body.length
    if (typeof body === 'string' && this.#framing === 'length') {
      this.#left -= body.length
      this.output.text(`${lines}\r\n${body}`)
    } else {
      this.output.text(`${lines}\r\n`)
      if (body.length > 0) this.data(typeof body === 'string' ? encode(body) : body)
    }
    if (isEnd) this.end()
  }

  /** Begins a tunnel: writes the head of the response that opens it. */
  tunnel(status: number, fields: FlatFields, first: number): void {
    this.output.text(`${statusLine(status)}${fieldLines(fields, first)}\r\n`)
    this.#framing = 'tunnel'
  }

  /** Writes bytes of the body. For a message without a body the bytes are discarded. */
  data(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    switch (this.#framing) {
      case 'chunked':
        this.output.text(`${chunk.length.toString(16)}\r\n`)
        this.output.bytes(chunk)
        this.output.text('\r\n')
        break
      case 'length':
        if (chunk.length > this.#left) throw tooLong(this.#left)
        this.#left -= chunk.length
        this.output.bytes(chunk)
        break
      case 'close':
      case 'tunnel':
        this.output.bytes(chunk)
    }
  }

  /** Ends the message. Trailer fields are written where the framing has a place for them (RFC 9112 §7.1.2). */
  end(trailers?: FlatFields): void {
    const framing = this.#framing
    if (framing === 'length' && this.#left > 0) throw tooShort(this.#left)
    this.#framing = 'none'
    if (framing !== 'chunked') return
    if (trailers && trailers.length > 0) this.output.text(`0\r\n${fieldLines(trailers, 0)}\r\n`)
    else this.output.text(lastChunk)
  }
}

/** The status line of a response (RFC 9112 §4). */
export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${reasonPhrases[status] ?? ''}\r\n`
}

function headText(start: string, fields: FlatFields, first: number, connection: string): string {
  const last = connection === '' ? '\r\n' : `connection: ${connection}\r\n\r\n`
  return start + fieldLines(fields, first) + last
}

/** Throws `ERR_INVALID_FIELD_NAME`, `ERR_INVALID_FIELD_VALUE`. */
function fieldLines(fields: FlatFields, first: number): string {
  let lines = ''
  for (let i = first; i < fields.length; i += 2) {
    const name = fields[i]!
    lines += `${names.get(name) ?? goodName(name)}${wireValue(name, fields[i + 1]!)}\r\n`
  }
  return lines
}

function goodName(given: string): string {
  const name = wireName(given)
  if (name.startsWith(':')) {
    throw new HTTPError('ERR_INVALID_FIELD_NAME', `${name} has no place in HTTP/1.1`)
  }
  if (names.size >= mostNames) names.clear()
  names.set(given, `${name}: `)
  return `${name}: `
}

/** The value of Content-Length. Throws `ERR_INVALID_FIELD_VALUE` for a value that is no number. */
function declaredLength(fields: FlatFields, first: number): number | undefined {
  for (let i = first; i < fields.length; i += 2) {
    const name = fields[i]!
    if (name.length !== 14 || name.toLowerCase() !== 'content-length') continue
    const value = fields[i + 1]!
    if (/^\d{1,15}$/.test(value)) return Number(value)
    throw new HTTPError('ERR_INVALID_FIELD_VALUE', `content-length is ${JSON.stringify(value)}`)
  }
  return undefined
}

function checkLength(declared: number, length: number): void {
  if (length > declared) throw tooLong(declared)
  if (length < declared) throw tooShort(declared - length)
}

const encoder = new TextEncoder()

function encode(text: string): Uint8Array {
  return encoder.encode(text)
}

function tooLong(left: number): HTTPError {
  return new HTTPError(
    'ERR_CONTENT_LENGTH',
    `the body is longer than content-length said: ${left} bytes were left`,
  )
}

function tooShort(left: number): HTTPError {
  return new HTTPError(
    'ERR_CONTENT_LENGTH',
    `the body is shorter than content-length said: ${left} bytes are missing`,
  )
}
