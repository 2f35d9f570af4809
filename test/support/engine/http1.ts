/** Sessions of HTTP/1.1 over texts, a character a byte. */
import { HTTP1Session } from '../../../src/engine/http1/http1-session.ts'
import type { HTTP1Event } from '../../../src/engine/http1/events.ts'
import type { HTTP1SessionOptions } from '../../../src/engine/http1/http1-options.ts'

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

/** The events of a server that receives these texts. */
export function eventsOf(
  texts: readonly string[],
  options: HTTP1SessionOptions = {},
): HTTP1Event[] {
  const session = HTTP1Session.server(options)
  try {
    return texts.flatMap((text) => session.receive(bytesOf(text)))
  } finally {
    session.dispose()
  }
}

/** `taken`, `incomplete`, or the status and code of a refusal. */
export function outcomeOf(text: string, options: HTTP1SessionOptions = {}): string {
  const events = eventsOf([text], options)
  const refused = events.find((event) => event.type === 'MessageRefused')
  if (refused) return `${refused.status} ${refused.code}`
  return events.some((event) => event.type === 'StreamEnded') ? 'taken' : 'incomplete'
}

/** Events with parts of one body joined, however they were cut. */
export function normalised(events: readonly HTTP1Event[]): unknown[] {
  const all: unknown[] = []
  let body: { streamId: number; text: string } | undefined
  for (const event of events) {
    if (event.type === 'DataReceived') {
      if (!body || body.streamId !== event.streamId) {
        all.push((body = { streamId: event.streamId, text: '' }))
      }
      body.text += textOf(event.data)
    } else {
      body = undefined
      all.push(event)
    }
  }
  return all
}
