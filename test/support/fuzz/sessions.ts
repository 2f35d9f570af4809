/** Sessions of both protocols and roles that get the bytes of a peer, cut in pieces. */
import { expect } from 'vitest'
import { type Engine, HTTP1Session, Session, type SessionEvent } from '../../../src/engine/index.ts'
import { framesOf, getFields, join, Type } from '../engine/frames.ts'
import { normalised } from '../engine/http1.ts'
import type { Controls } from './controls.ts'
import { Verbs } from './verbs.ts'

export type Role = 'server' | 'client'
/** The length of the next piece of the bytes that are left. */
export type Cut = (left: number) => number

function http2Of(engine: Engine, role: Role): Session {
  if (role === 'server') {
    return Session.server({ engine, settings: { enableConnectProtocol: true }, padding: 3 })
  }
  const session = Session.client({ engine, settings: { enablePush: true } })
  for (let i = 0; i < 5; i++) session.submitRequest(getFields)
  return session
}

/** What a session tells and sends. */
export interface Outcome {
  /** Its events, without those of bodies. */
  readonly events: readonly { readonly type: string }[]
  readonly bodies: ReadonlyMap<number, readonly number[]>
  readonly sent: Uint8Array
  /** The session takes no more bytes, and some are left. */
  readonly isOver: boolean
}

/** The outcome for a session that gets `wire`. */
export function playHTTP2(engine: Engine, role: Role, wire: Uint8Array, cut: Cut): Outcome {
  const session = http2Of(engine, role)
  const events: SessionEvent[] = []
  let at = 0
  while (at < wire.length && session.wantRead) {
    const size = cut(wire.length - at)
    events.push(...session.receive(wire.slice(at, at + size)))
    at += size
  }
  const isOver = at < wire.length
  const sent = session.bytesToSend()
  if (!isOver) events.push(...session.events())
  session.dispose()
  return { ...apart(events), sent, isOver }
}

/**
 * Bodies apart from other events. A body that was refused is left out: how much of it is told depends on how the input
 * was cut.
 */
function apart(all: readonly SessionEvent[]): Pick<Outcome, 'events' | 'bodies'> {
  const bodies = new Map<number, number[]>()
  const events: SessionEvent[] = []
  for (const event of all) {
    if (event.type === 'DataReceived') {
      bodies.set(event.streamId, [...(bodies.get(event.streamId) ?? []), ...event.data])
    } else events.push(event)
  }
  for (const event of events) {
    if (event.type === 'InvalidFrameReceived' && event.frameType === Type.DATA) {
      bodies.delete(event.streamId)
    }
  }
  return { events, bodies }
}

/** Bytes that are cut have the outcome that they have whole; where the session ends before them, the start of it. */
export function expectSame(pieces: Outcome, whole: Outcome, name = ''): void {
  if (pieces.isOver) {
    expect(pieces.events, name).toEqual(whole.events.slice(0, pieces.events.length))
  } else {
    expect(pieces, name).toEqual(whole)
  }
}

/** The events of a session of HTTP/1.1 that gets `wire`, and then the end of its peer's side. */
export function playHTTP1(engine: Engine, role: Role, wire: Uint8Array, cut: Cut): unknown[] {
  const session =
    role === 'server' ? HTTP1Session.server({ engine }) : HTTP1Session.client({ engine })
  const events = []
  for (let at = 0; at < wire.length;) {
    const size = cut(wire.length - at)
    events.push(...session.receive(wire.slice(at, at + size)))
    while (session.isUpgrade) {
      session.resume()
      events.push(...session.receive(new Uint8Array()))
    }
    at += size
  }
  if (!session.isOver) events.push(...session.finished())
  session.dispose()
  return normalised(events)
}

/**
 * A session gets `wire` in pieces while its application calls verbs. What it sends is frames. Returns the kinds of its
 * events and the codes of its errors.
 */
export function converse(
  engine: Engine,
  role: Role,
  wire: Uint8Array,
  controls: Controls,
): Set<string> {
  const session = http2Of(engine, role)
  const verbs = new Verbs(session)
  const sent: Uint8Array[] = []
  for (let at = 0; at < wire.length && !session.failure;) {
    const size = controls.chunk(wire.length - at)
    const events = session.receive(wire.slice(at, at + size), session.now + controls.next())
    verbs.heard(events)
    for (const { type } of events) verbs.codes.add(type)
    at += size
    for (let i = controls.below(4); i > 0; i--) verbs.call(controls)
    if (controls.below(3) === 0) sent.push(session.bytesToSend(1 + controls.below(5000)))
    session.events()
  }
  for (let i = 0; i < 20; i++) sent.push(session.bytesToSend())
  framesOf(join(...sent))
  session.dispose()
  return verbs.codes
}
