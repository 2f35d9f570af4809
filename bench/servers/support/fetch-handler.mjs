// A fetch handler for the work, given the class that responses are made with: `Response` or `FastResponse`.
import { body, headers, totalBytes, work } from './program.mjs'
import { eventMessage, piece } from './work.mjs'

/**
 * `sendsLength`: the server says the length of a body that it has whole, so that all servers send the same fields. The
 * Date field is every server's own.
 */
export function fetchHandler(AnyResponse, { sendsLength }) {
  const fields = [...headers]
  if (body !== undefined && !sendsLength) fields.push(['content-length', String(body.length)])
  switch (work) {
    case 'upload':
      return async (request) =>
        new AnyResponse(String(await lengthOf(request.body)), { headers: fields })
    case 'events':
      return () => new AnyResponse(events(), { headers: fields })
    case 'pending':
      return () => new Promise(() => {})
    case 'pieces':
      return () => new AnyResponse(pieces(), { headers: fields })
    default:
      return () => new AnyResponse(body, { headers: fields })
  }
}

async function lengthOf(stream) {
  let length = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return length
    length += value.length
  }
}

const encoder = new TextEncoder()

function events() {
  let timer
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(eventMessage))
      timer = setInterval(() => controller.enqueue(encoder.encode(eventMessage)), 1000)
    },
    cancel() {
      clearInterval(timer)
    },
  })
}

function pieces() {
  let left = totalBytes
  return new ReadableStream({
    pull(controller) {
      const chunk = piece.slice(0, Math.min(piece.length, left))
      left -= chunk.length
      controller.enqueue(chunk)
      if (left === 0) controller.close()
    },
  })
}
