import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { asBytes, clientFrame, close, Peer, ping, pong, text } from '../support/websocket/peer.ts'

const tick = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('back-pressure of a WebSocket', () => {
  it('counts the bytes that wait in bufferedAmount, and resolves `drained`', async () => {
    const peer = Peer.open()
    peer.tunnel.isSlow = true
    peer.socket.send(new Uint8Array(100_000))
    expect(peer.socket.bufferedAmount).toBeGreaterThanOrEqual(100_000)
    let isDrained = false
    const drained = peer.socket.drained.then(() => (isDrained = true))
    await tick()
    expect(isDrained).toBe(false)
    peer.tunnel.take()
    await drained
    expect(peer.socket.bufferedAmount).toBe(0)
  })

  it('resolves `drained` when the socket closes', async () => {
    const peer = Peer.open()
    peer.tunnel.isSlow = true
    peer.socket.send(new Uint8Array(100_000))
    const drained = peer.socket.drained
    peer.end(8)
    await drained
    await peer.socket.drained
    expect(peer.socket.readyState).toBe(3)
  })

  it('reads nothing more from a peer that does not read', async () => {
    const peer = Peer.open()
    peer.socket.addEventListener('message', () => peer.socket.send(new Uint8Array(700_000)))
    peer.tunnel.isSlow = true
    expect(peer.send(text('a'))).toBeUndefined()
    const reading = peer.send(text('b'))
    expect(reading).toBeInstanceOf(Promise)
    peer.tunnel.take()
    await reading
    expect(peer.events).toEqual(['a', 'b'])
    expect(peer.send(text('c'))).toBeUndefined()
  })

  it('answers the last of many pings', () => {
    const peer = Peer.open()
    peer.tunnel.isSlow = true
    peer.socket.send(new Uint8Array(100_000))
    const before = peer.socket.bufferedAmount
    for (let i = 0; i < 1000; i++) void peer.send(ping(`${i}`))
    expect(peer.socket.bufferedAmount).toBe(before)
    peer.tunnel.take()
    peer.tunnel.take()
    expect(peer.said().slice(1)).toEqual(['pong 999'])
  })
})

describe('the keep-alive of a WebSocket', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('pings, and the pong is an event', () => {
    const peer = Peer.open()
    peer.socket.ping('a')
    peer.socket.ping(Uint8Array.of(98))
    peer.socket.ping()
    expect(() => peer.socket.ping('x'.repeat(126))).toThrow(RangeError)
    expect(peer.said()).toEqual(['ping a', 'ping b', 'ping'])
    peer.send(pong('a'))
    expect(peer.events).toEqual(['pong a'])
  })

  it('asks a silent peer, and drops it when it stays silent', () => {
    const peer = Peer.open({ idleTimeout: 1000 })
    vi.advanceTimersByTime(499)
    expect(peer.said()).toEqual([])
    vi.advanceTimersByTime(300)
    expect(peer.said()).toEqual(['ping'])
    peer.send(pong())
    vi.advanceTimersByTime(490)
    expect(peer.said()).toEqual([])
    vi.advanceTimersByTime(20)
    expect(peer.said()).toEqual(['ping'])
    vi.advanceTimersByTime(480)
    expect(peer.tunnel.resetWith).toBeUndefined()
    vi.advanceTimersByTime(20)
    expect(peer.tunnel.resetWith).toBe(8)
    expect(peer.events).toEqual([
      'pong ',
      'error nothing was heard of the peer for 1000 ms',
      'close 1006 unclean',
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not drop a peer that takes what it is sent', () => {
    const peer = Peer.open({ idleTimeout: 1000 })
    peer.tunnel.isSlow = true
    for (let i = 0; i < 20; i++) {
      peer.socket.send(new Uint8Array(1000))
      vi.advanceTimersByTime(200)
      peer.tunnel.take()
      peer.socket.send(new Uint8Array(1000))
      vi.advanceTimersByTime(200)
    }
    expect(peer.socket.readyState).toBe(1)
  })

  it('never asks with idleTimeout 0', () => {
    const peer = Peer.open({ idleTimeout: 0 })
    expect(vi.getTimerCount()).toBe(0)
    expect(peer.socket.readyState).toBe(1)
  })

  it('waits closeTimeout for an answer to Close', () => {
    const peer = Peer.open({ closeTimeout: 300 })
    peer.socket.close(1000)
    vi.advanceTimersByTime(299)
    expect(peer.socket.readyState).toBe(2)
    vi.advanceTimersByTime(1)
    expect(peer.tunnel.resetWith).toBe(8)
    expect(peer.events).toEqual(['close 1006 unclean'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits longer while the peer takes what was sent before Close', () => {
    const peer = Peer.open({ closeTimeout: 300 })
    peer.tunnel.isSlow = true
    peer.socket.send(new Uint8Array(100_000))
    peer.socket.close(1000)
    vi.advanceTimersByTime(200)
    peer.tunnel.take()
    vi.advanceTimersByTime(200)
    expect(peer.socket.readyState).toBe(2)
    vi.advanceTimersByTime(200)
    expect(peer.socket.readyState).toBe(3)
  })

  it('is clean when only the end of the stream is late', () => {
    const peer = Peer.open({ closeTimeout: 300 })
    peer.send(close(1000))
    vi.advanceTimersByTime(300)
    expect(peer.tunnel.resetWith).toBe(8)
    expect(peer.events).toEqual(['close 1000 clean'])
  })

  it('leaves no timer behind', () => {
    const peer = Peer.open()
    peer.send(text('a'), clientFrame(0x82, 'b'), close())
    peer.end()
    expect(vi.getTimerCount()).toBe(0)
    expect(peer.events).toEqual(['a', asBytes(Buffer.from('b')), 'close 1005 clean'])
  })
})
