import { describe, expect, it } from 'vitest'
import { text, wire } from '../../support/engine/frames.ts'
import { Pair, one, only } from '../../support/engine/pair.ts'

const websocket = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'https',
  ':path': '/chat',
  ':authority': 'x',
}

/** A pair whose client has opened a tunnel and whose server has accepted it. */
function tunnel(headers: Record<string, string> = websocket): { pair: Pair; id: number } {
  const pair = Pair.open({ server: { settings: { enableConnectProtocol: true } } })
  const id = pair.client.submitRequest(headers, { endStream: false })
  one(pair.flow().server, 'RequestReceived')
  pair.server.submitResponse(id, { ':status': '200' }, { endStream: false, halfClose: true })
  pair.flow()
  return { pair, id }
}

describe('extended CONNECT (RFC 8441)', () => {
  it('is told to the server with its :protocol', () => {
    const pair = Pair.open({ server: { settings: { enableConnectProtocol: true } } })
    expect(pair.client.setting('remote', 'enableConnectProtocol')).toBe(1)
    pair.client.submitRequest(websocket, { endStream: false })
    const request = one(pair.flow().server, 'RequestReceived')
    expect(Object.fromEntries(request.headers)).toEqual(websocket)
    expect(request.endStream).toBe(false)
  })

  it('is a malformed request where the server did not offer it', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(websocket, { endStream: false })
    const { client, server } = pair.flow()
    expect(only(server, 'RequestReceived')).toEqual([])
    expect(one(server, 'InvalidFrameReceived')).toMatchObject({ streamId: id })
    expect(one(client, 'StreamReset').errorCode).toBe(1)
  })

  it('carries bytes both ways', () => {
    const { pair, id } = tunnel()
    pair.client.sendData(id, text('up'))
    pair.server.sendData(id, text('down'))
    const { client, server } = pair.flow()
    expect(one(server, 'DataReceived').data).toEqual(text('up'))
    expect(one(client, 'DataReceived').data).toEqual(text('down'))
  })

  it('the client’s half may end first', () => {
    const { pair, id } = tunnel()
    pair.client.sendData(id, text('bye'), true)
    one(pair.flow().server, 'StreamEnded')
    expect(pair.server.streamState(id)).toBe('remoteClosed')
    pair.server.sendData(id, text('more'))
    expect(one(pair.flow().client, 'DataReceived').data).toEqual(text('more'))
    pair.server.sendData(id, text(''), true)
    expect(one(pair.flow().client, 'StreamClosed').errorCode).toBe(0)
  })

  it('the server’s half may end first, and the client is not asked to stop', () => {
    const { pair, id } = tunnel()
    pair.server.sendData(id, text('bye'), true)
    expect(wire(pair.server.bytesToSend())).toEqual([`DATA(${id}) 3 end`])
    expect(pair.server.streamState(id)).toBe('localClosed')
    pair.client.sendData(id, text('more'))
    expect(one(pair.flow().server, 'DataReceived').data).toEqual(text('more'))
    pair.client.sendData(id, text(''), true)
    expect(one(pair.flow().server, 'StreamClosed').errorCode).toBe(0)
  })
})

describe('plain CONNECT (RFC 9113 §8.5)', () => {
  it('has no scheme and no path', () => {
    const { pair, id } = tunnel({ ':method': 'CONNECT', ':authority': 'example.com:443' })
    pair.client.sendData(id, text('client hello'))
    expect(one(pair.flow().server, 'DataReceived').data).toEqual(text('client hello'))
  })
})
