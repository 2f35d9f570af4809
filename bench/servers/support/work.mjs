// The pieces of work, the same for each server: the response to every request. The harness checks the responses against
// this file.

const mebibyte = 1024 * 1024

/** Bytes that are neither zeros nor text. */
export function bytes(length) {
  const body = new Uint8Array(length)
  for (let i = 0; i < length; i++) body[i] = (i * 31 + (i >>> 8)) & 0xff
  return body
}

/** 2 KiB of JSON, to the byte. */
function json() {
  const items = Array.from({ length: 20 }, (_, id) => ({
    id,
    name: `item ${id}`,
    price: id * 1.25,
  }))
  const text = JSON.stringify({ items, padding: '' })
  return JSON.stringify({ items, padding: 'x'.repeat(2048 - text.length) })
}

/** Piece of work → the response; servers add `content-length` and `date`. */
const answers = {
  // A body of 13 bytes.
  hello: () => ({ headers: [['content-type', 'text/plain']], body: 'Hello, World!' }),
  // Eight response headers with those two.
  realistic: () => ({
    headers: [
      ['content-type', 'application/json; charset=utf-8'],
      // Otherwise Deno.serve alone would compress the body.
      ['cache-control', 'private, no-transform'],
      ['etag', '"5f3c-1a2b3c4d5e6f"'],
      ['x-request-id', '7e1f0c9a-52d1-4d0e-9d53-3c2f1a8b7e60'],
      ['strict-transport-security', 'max-age=31536000'],
      ['access-control-allow-origin', 'https://www.example.org'],
    ],
    body: json(),
  }),
  download: () => ({
    headers: [['content-type', 'application/octet-stream']],
    body: bytes(mebibyte),
  }),
  // Reads the request's body piece by piece and answers with its length.
  upload: () => ({ headers: [['content-type', 'text/plain']], body: String(mebibyte) }),
  // Never ends: a message a second on each stream.
  events: () => ({ headers: [['content-type', 'text/event-stream']] }),
  // Never answers.
  pending: () => ({ headers: [] }),
  // `--bytes` bytes, made in pieces of 64 KiB.
  pieces: () => ({ headers: [['content-type', 'application/octet-stream']] }),
  // A POST is read after a GET on its connection, and answered with its length.
  late: () => ({ headers: [['content-type', 'text/plain']] }),
  // Never ends: pieces of 64 KiB, each with memory of its own.
  endless: () => ({ headers: [['content-type', 'application/octet-stream']] }),
}

export const works = Object.keys(answers)

/** `{ headers, body }` of a piece of work. */
export function answerOf(work) {
  return answers[work]()
}

/** A message of server-sent events. */
export const eventMessage = 'data: {"price":101.25}\n\n'

/** The piece that `pieces` sends repeatedly. */
export const piece = bytes(64 * 1024)
