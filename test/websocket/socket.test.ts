/* oxlint-disable unicorn/prefer-add-event-listener -- the handlers are part of the interface */
import { describe, expect, it } from 'vitest'
import { ServerWebSocket } from '../../src/websocket/index.ts'
import { clientFrame, close, Peer, ping, text } from '../support/websocket/peer.ts'

const tick = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('the standard’s interface of a WebSocket', () => {
  it('has the shape of WebSocket', () => {
    const { socket } = new Peer()
    // The compiler is the test of this line.
    const standard: WebSocket = socket
    expect(standard.url).toBe('wss://example.test/chat')
    expect(standard.protocol).toBe('')
    expect(standard.extensions).toBe('')
    expect(standard.bufferedAmount).toBe(0)
    expect(socket).toBeInstanceOf(EventTarget)
    expect([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED]).toEqual([0, 1, 2, 3])
    const { CONNECTING, OPEN, CLOSING, CLOSED } = ServerWebSocket
    expect([CONNECTING, OPEN, CLOSING, CLOSED]).toEqual([0, 1, 2, 3])
  })

  it('goes from CONNECTING to OPEN to CLOSING to CLOSED', () => {
    const peer = new Peer()
    const { socket } = peer
    expect(socket.readyState).toBe(0)
    expect(() => socket.send('early')).toThrow(
      expect.objectContaining({ name: 'InvalidStateError' }),
    )
    expect(() => socket.ping()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    peer.connection.open(peer.tunnel)
    expect(socket.readyState).toBe(1)
    socket.close()
    expect(socket.readyState).toBe(2)
    peer.send(close())
    peer.end()
    expect(socket.readyState).toBe(3)
    expect(peer.events).toEqual(['open', 'close 1005 clean'])
    expect(peer.said()).toEqual(['close'])
  })

  it('gives events of the right types', () => {
    const peer = new Peer()
    const seen: Event[] = []
    for (const type of ['open', 'message', 'close'] as const) {
      peer.socket.addEventListener(type, (event) => seen.push(event))
    }
    peer.connection.open(peer.tunnel)
    peer.send(text('a'), close(4000, 'b'))
    peer.end()
    const [open, message, closed] = seen
    expect(open).toBeInstanceOf(Event)
    expect(message).toBeInstanceOf(MessageEvent)
    expect(message).toMatchObject({ type: 'message', data: 'a', target: peer.socket })
    expect(closed).toMatchObject({ type: 'close', code: 4000, reason: 'b', wasClean: true })
    if (typeof CloseEvent !== 'undefined') expect(closed).toBeInstanceOf(CloseEvent)
  })

  it('calls handlers, in the place of the first one', () => {
    const peer = Peer.open()
    const calls: string[] = []
    const { socket } = peer
    const first = (): unknown => calls.push('first')
    socket.onmessage = first
    expect(socket.onmessage).toBe(first)
    socket.addEventListener('message', () => calls.push('listener'))
    socket.onmessage = function handler(event) {
      calls.push(`second ${event.data} ${this === socket}`)
    }
    peer.send(text('x'))
    expect(calls).toEqual(['second x true', 'listener'])
    socket.onmessage = null
    expect(socket.onmessage).toBeNull()
    peer.send(text('y'))
    expect(calls).toEqual(['second x true', 'listener', 'listener'])
    socket.onclose = ({ code }) => calls.push(`close ${code}`)
    socket.onerror = ({ message }) => calls.push(`error ${message}`)
    socket.onopen = () => calls.push('open')
    peer.send(clientFrame(0x83))
    peer.end()
    expect(calls.slice(3)).toEqual(['error the opcode 0x3 is reserved', 'close 1006'])
  })

  it('gives binary messages as Blob or ArrayBuffer', async () => {
    const peer = new Peer()
    const data: unknown[] = []
    peer.socket.binaryType = 'blob'
    peer.socket.addEventListener('message', (event) => data.push(event.data))
    peer.connection.open(peer.tunnel)
    peer.send(clientFrame(0x82, 'abc'))
    Object.assign(peer.socket, { binaryType: 'nodebuffer' })
    expect(peer.socket.binaryType).toBe('blob')
    peer.socket.binaryType = 'arraybuffer'
    peer.send(clientFrame(0x82, 'abc'))
    expect(data[0]).toBeInstanceOf(Blob)
    expect(await (data[0] as Blob).text()).toBe('abc')
    expect(data[1]).toBeInstanceOf(ArrayBuffer)
    expect((data[1] as ArrayBuffer).byteLength).toBe(3)
  })

  it('sends strings, buffers, views and blobs, in order', async () => {
    const peer = Peer.open()
    const { socket } = peer
    const words = Uint16Array.of(0x0102, 0x0304)
    socket.send('text \u{20ac} \u{d800}')
    socket.send(Uint8Array.of(1, 2, 3).buffer)
    socket.send(words)
    socket.send(new DataView(words.buffer, 1, 2))
    socket.send(new Blob(['blob']))
    const later = Uint8Array.of(7)
    socket.send(later)
    later[0] = 8
    socket.send('last')
    socket.send(new Blob([]))
    expect(socket.bufferedAmount).toBe(9)
    expect(peer.said()).toEqual([
      'text text \u{20ac} \u{fffd}',
      'binary 010203',
      'binary 02010403',
      'binary 0104',
    ])
    await socket.drained
    expect(socket.bufferedAmount).toBe(0)
    expect(peer.said()).toEqual(['binary 626c6f62', 'binary 07', 'text last', 'binary '])
  })

  it('sends anything else as a string', () => {
    const peer = Peer.open()
    const send = peer.socket.send.bind(peer.socket) as (data: unknown) => void
    send(12)
    send(null)
    send({ toString: () => 'object' })
    expect(peer.said()).toEqual(['text 12', 'text null', 'text object'])
  })

  it('takes the bytes as they are when send is called', () => {
    const peer = Peer.open()
    peer.tunnel.isSlow = true
    const data = Buffer.alloc(20_000, 'a')
    peer.socket.send(data)
    data.fill('b')
    peer.tunnel.take()
    expect(peer.frames()[0]!.payload).toEqual(Buffer.alloc(20_000, 'a'))
  })

  it.each([1, 125, 126, 4096, 4097, 16_384, 16_385, 65_535, 65_536, 200_000])(
    'sends messages of %i bytes',
    (length) => {
      const peer = Peer.open()
      const content = 'abcdefghij'.repeat(length).slice(0, length)
      peer.socket.send(content)
      peer.socket.send(Buffer.from(content))
      const frames = peer.frames()
      expect(frames.map(({ opcode, isFinal }) => [opcode, isFinal])).toEqual([
        [1, true],
        [2, true],
      ])
      for (const { payload } of frames) expect(payload.toString()).toBe(content)
    },
  )

  it.each([999, 1001, 1005, 1006, 2999, 5000, Number.NaN, -1])('refuses close(%d)', (code) => {
    const peer = Peer.open()
    expect(() => peer.socket.close(code)).toThrow(
      expect.objectContaining({ name: 'InvalidAccessError' }),
    )
    expect(peer.socket.readyState).toBe(1)
  })

  it('refuses a reason longer than 123 bytes', () => {
    const peer = Peer.open()
    expect(() => peer.socket.close(1000, `${'\u{20ac}'.repeat(41)}a`)).toThrow(
      expect.objectContaining({ name: 'SyntaxError' }),
    )
    peer.socket.close(1000, '\u{20ac}'.repeat(41))
    expect(peer.said()).toEqual([`close 1000 ${'\u{20ac}'.repeat(41)}`])
  })

  it('says 1000 before a reason without a code', () => {
    const peer = Peer.open()
    peer.socket.close(undefined, 'done')
    expect(peer.said()).toEqual(['close 1000 done'])
  })

  it('counts what is sent too late, and sends it not', () => {
    const peer = Peer.open()
    peer.socket.close()
    peer.socket.send('\u{20ac}')
    peer.socket.send(new Uint8Array(5))
    peer.socket.send(new Blob(['ab']))
    expect(peer.socket.bufferedAmount).toBe(10)
    peer.socket.ping()
    expect(peer.said()).toEqual(['close'])
  })
})

describe('the closing handshake of a WebSocket', () => {
  it('begun by us: what was sent before goes first, what arrives later is dropped', async () => {
    const peer = Peer.open()
    peer.socket.send(new Blob(['b']))
    peer.socket.send('c')
    peer.socket.close(3001, 'enough')
    peer.socket.close(3002, 'twice')
    await tick()
    expect(peer.said()).toEqual(['binary 62', 'text c', 'close 3001 enough'])
    peer.send(text('late'), ping('late'))
    expect(peer.tunnel.hasEnded).toBe(false)
    peer.send(close(3001))
    expect(peer.tunnel.hasEnded).toBe(true)
    expect(peer.said()).toEqual([])
    expect(peer.events).toEqual([])
    peer.end()
    expect(peer.events).toEqual(['close 3001 clean'])
  })

  it('begun by the peer: answered after what was sent before', async () => {
    const peer = Peer.open()
    peer.socket.send(new Blob(['b']))
    peer.send(text('last'), close())
    expect(peer.socket.readyState).toBe(2)
    await tick()
    expect(peer.said()).toEqual(['binary 62', 'close'])
    expect(peer.tunnel.hasEnded).toBe(true)
    peer.end()
    expect(peer.events).toEqual(['last', 'close 1005 clean'])
  })

  it('begun by both', () => {
    const peer = Peer.open()
    peer.socket.close(1000)
    peer.send(close(4001))
    peer.end()
    expect(peer.said()).toEqual(['close 1000'])
    expect(peer.events).toEqual(['close 4001 clean'])
  })

  it('is not clean when the stream ends without Close', () => {
    const peer = Peer.open()
    peer.send(text('a'))
    peer.tunnel.reader!.onEnd()
    expect(peer.tunnel.hasEnded).toBe(true)
    peer.tunnel.reader!.onClose(0)
    expect(peer.events).toEqual(['a', 'close 1006 unclean'])
  })

  it('is not clean when the stream is reset; a cancelled one is no error', () => {
    const reset = Peer.open()
    reset.end(2)
    expect(reset.events).toEqual([
      'error the peer reset the stream: INTERNAL_ERROR',
      'close 1006 unclean',
    ])
    const cancelled = Peer.open()
    cancelled.end(8)
    expect(cancelled.events).toEqual(['close 1006 unclean'])
  })

  it('says 1001 when the server goes away', () => {
    const peer = Peer.open()
    peer.connection.goAway('restart')
    expect(peer.said()).toEqual(['close 1001 restart'])
  })

  it('closes in its own listener', () => {
    const peer = Peer.open()
    peer.socket.addEventListener('message', () => peer.socket.close(1000))
    peer.send(text('a'), text('b'))
    expect(peer.events).toEqual(['a'])
    expect(peer.said()).toEqual(['close 1000'])
  })

  it('closes before it is open', () => {
    const peer = new Peer()
    peer.socket.close(4000, 'no')
    expect(peer.socket.readyState).toBe(2)
    peer.connection.open(peer.tunnel)
    expect(peer.said()).toEqual(['close 4000 no'])
    peer.send(close(4000))
    peer.end()
    expect(peer.events).toEqual(['close 4000 clean'])
  })

  it('never opens when the request is gone', () => {
    const peer = new Peer()
    peer.connection.abort()
    expect(peer.events).toEqual(['close 1006 unclean'])
    peer.connection.open(peer.tunnel)
    expect(peer.tunnel.resetWith).toBe(8)
    expect(peer.events).toHaveLength(1)
  })

  it('fails with 1011 when a Blob cannot be read', async () => {
    const peer = Peer.open()
    const blob = new Blob(['x'])
    blob.arrayBuffer = () => Promise.reject(new Error('the file is gone'))
    peer.socket.send(blob)
    peer.socket.send('after')
    await tick()
    expect(peer.said()).toEqual(['close 1011 a Blob cannot be read'])
    peer.end()
    expect(peer.events).toEqual(['error a Blob cannot be read', 'close 1006 unclean'])
  })
})
