import { describe, expect, it } from 'vitest'
import type { Session } from '../../../src/engine/index.ts'
import { framesOf, Type } from '../../support/engine/frames.ts'
import { Pair, one, only, openStream, request } from '../../support/engine/pair.ts'
import { codeOf } from '../../support/engine/errors.ts'

const settings = { noRfc7540Priorities: true }

/** A pair whose server heeds RFC 9218, with windows that do not get in the way. */
function open(): Pair {
  const windows = {
    settings: { ...settings, initialWindowSize: 2 ** 30 },
    connectionWindowSize: 2 ** 30,
  }
  return Pair.open({ client: windows, server: { settings } })
}

/** The streams whose DATA frames `session` sends, in order, repetitions left out. */
function orderOfData(session: Session, most?: number): number[] {
  const order: number[] = []
  for (const { type, streamId } of framesOf(session.bytesToSend(most))) {
    if (type === Type.DATA && order.at(-1) !== streamId) order.push(streamId)
  }
  return order
}

describe('priorities (RFC 9218)', () => {
  it('come from the Priority field of a request', () => {
    const pair = open()
    const id = openStream(pair, { ...request, priority: 'u=1, i' })
    const plain = openStream(pair)
    expect(pair.server.priority(id)).toEqual({ urgency: 1, incremental: true })
    expect(pair.server.priority(plain)).toEqual({ urgency: 3, incremental: false })
  })

  it('are changed by PRIORITY_UPDATE, which the application sees', () => {
    const pair = open()
    const id = openStream(pair)
    pair.client.submitPriorityUpdate(id, 'u=6')
    expect(one(pair.flow().server, 'PriorityUpdated')).toEqual({
      type: 'PriorityUpdated',
      streamId: id,
      value: 'u=6',
    })
    expect(pair.server.priority(id)).toEqual({ urgency: 6, incremental: false })
  })

  it('a PRIORITY_UPDATE may come before its request', () => {
    const pair = open()
    const id = pair.client.nextStreamId
    pair.client.submitPriorityUpdate(id, 'u=0')
    pair.client.submitRequest(request)
    pair.flow()
    expect(pair.server.priority(id)).toEqual({ urgency: 0, incremental: false })
  })

  it('are changed by the server, for good where it says so', () => {
    const pair = open()
    const [mild, firm] = [openStream(pair), openStream(pair)]
    pair.server.changePriority(mild, { urgency: 5, incremental: true })
    pair.server.changePriority(firm, { urgency: 5, incremental: false }, true)
    for (const id of [mild, firm]) pair.client.submitPriorityUpdate(id, 'u=2')
    pair.flow()
    expect(pair.server.priority(mild)).toEqual({ urgency: 2, incremental: false })
    expect(pair.server.priority(firm)).toEqual({ urgency: 5, incremental: false })
  })

  it('an urgent response overtakes a bulk one', () => {
    const pair = open()
    const bulk = openStream(pair, { ...request, priority: 'u=5' })
    pair.server.submitResponse(bulk, { ':status': '200' }, { body: new Uint8Array(500_000) })
    expect(orderOfData(pair.server, 50_000)).toEqual([bulk])
    const urgent = openStreamWithoutFlow(pair, { ...request, priority: 'u=0' })
    pair.server.submitResponse(urgent, { ':status': '200' }, { body: new Uint8Array(100_000) })
    // One frame of the bulk was begun when it was told to stop.
    expect(orderOfData(pair.server, 20_000)).toEqual([bulk, urgent])
    expect(orderOfData(pair.server)).toEqual([urgent, bulk])
  })

  it('incremental responses take turns, others follow each other', () => {
    const pair = open()
    const [a, b] = [openStream(pair), openStream(pair)]
    for (const id of [a, b]) {
      pair.server.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(100_000) })
    }
    expect(orderOfData(pair.server)).toEqual([a, b])
    const [c, d] = ['i', 'i'].map((priority) => openStream(pair, { ...request, priority }))
    for (const id of [c!, d!]) {
      pair.server.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(100_000) })
    }
    const turns = orderOfData(pair.server)
    expect(turns.length).toBeGreaterThan(8)
    expect(new Set(turns)).toEqual(new Set([c, d]))
  })

  it('an urgency beyond 7 is refused', () => {
    const pair = open()
    const id = openStream(pair)
    const change = (): void => pair.server.changePriority(id, { urgency: 99, incremental: false })
    expect(codeOf(change)).toBe('ERR_INVALID_ARGUMENT')
    expect(pair.server.priority(id).urgency).toBe(3)
  })

  it('are the server’s to ask and the client’s to send', () => {
    const pair = open()
    const id = openStream(pair)
    expect(codeOf(() => pair.client.priority(id))).toBe('NGHTTP2_ERR_INVALID_STATE')
    expect(codeOf(() => pair.server.priority(99))).toBe('NGHTTP2_ERR_INVALID_ARGUMENT')
    expect(codeOf(() => pair.server.submitPriorityUpdate(id, 'u=1'))).toBe(
      'NGHTTP2_ERR_INVALID_STATE',
    )
    expect(codeOf(() => pair.server.changePriority(99, { urgency: 1, incremental: false }))).toBe(
      'NGHTTP2_ERR_INVALID_ARGUMENT',
    )
  })

  it('PRIORITY_UPDATE is kept back from a server that has not said it heeds it', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.client.submitPriorityUpdate(id, 'u=1')
    expect(only(pair.flow().server, 'PriorityUpdated')).toEqual([])
  })
})

/** Brings a request to the server without taking anything out of it. */
function openStreamWithoutFlow(pair: Pair, headers: Record<string, string>): number {
  const id = pair.client.submitRequest(headers)
  pair.server.receive(pair.client.bytesToSend())
  return id
}
