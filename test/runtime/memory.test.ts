import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryRuntime } from '../../src/runtime/memory/runtime.ts'
import type { Listening, ListenOptions } from '../../src/transport/transport.ts'
import { Recorder, RecordingAcceptor } from '../support/recorder.ts'

const options: ListenOptions = { host: null, port: 0, tls: null }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
/** Longer than any number of microtasks. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

let runtime: MemoryRuntime
let acceptor: RecordingAcceptor
let listening: Listening
beforeEach(async () => {
  runtime = new MemoryRuntime()
  acceptor = new RecordingAcceptor()
  listening = await runtime.listen(options, acceptor)
})

async function connected(): Promise<{ client: Recorder; server: Recorder }> {
  const recorders: Recorder[] = []
  runtime.connect((transport) => {
    const recorder = new Recorder(transport)
    recorders.push(recorder)
    return recorder
  })
  await settled()
  return { client: recorders[0]!, server: acceptor.accepted.at(-1)! }
}

describe('a listener in memory', () => {
  it('has a port, and both ends are told', async () => {
    expect(listening).toMatchObject({
      address: { host: 'memory', port: 1 },
      reusesReadBuffer: false,
    })
    const { client, server } = await connected()
    expect(client.transport.remoteAddress).toEqual({ host: 'memory', port: 1 })
    expect(server.transport.localAddress).toEqual({ host: 'memory', port: 1 })
    expect(server.transport.remoteAddress).toEqual({ host: 'memory', port: 0 })
    expect(server.transport.tls).toBeNull()
  })

  it('has its port alone until it is closed', async () => {
    const again = { ...options, port: listening.address.port }
    await expect(runtime.listen(again, acceptor)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await listening.close()
    expect(() => runtime.connect((t) => new Recorder(t))).toThrow(/Nobody listens/)
    expect((await runtime.listen(again, acceptor)).address.port).toBe(listening.address.port)
  })

  it('is found by its port', async () => {
    const other = new RecordingAcceptor()
    const { address } = await runtime.listen(options, other)
    expect(address.port).not.toBe(listening.address.port)
    runtime.connect((t) => new Recorder(t), address.port)
    await settled()
    expect([acceptor.accepted.length, other.accepted.length]).toEqual([0, 1])
  })

  it('has no TLS', async () => {
    const tls = { cert: '', key: '' }
    await expect(runtime.listen({ ...options, tls }, acceptor)).rejects.toMatchObject({
      code: 'ERR_TLS_OPTION',
    })
  })

  it('tells when its acceptor throws, and the client is reset', async () => {
    const broken = new RecordingAcceptor(() => {
      throw new TypeError('broken')
    })
    const { address } = await runtime.listen(options, broken)
    const clients: Recorder[] = []
    runtime.connect((t) => {
      clients.push(new Recorder(t))
      return clients[0]!
    }, address.port)
    await clients[0]!.closed
    expect(broken.refused.map(({ message }) => message)).toEqual(['broken'])
    expect(clients[0]!.log).toEqual(['closed: ECONNRESET'])
  })
})

describe('a transport in memory', () => {
  it('delivers in order, later, and what was borrowed may change', async () => {
    const { client, server } = await connected()
    const borrowed = bytes('one')
    client.transport.write(borrowed)
    borrowed.fill(0)
    client.transport.writev([bytes('two'), bytes('three')])
    expect(server.log).toEqual([])
    await Promise.resolve()
    expect(server.log).toEqual(['one', 'two', 'three'])
  })

  it('keeps what the client wrote before it was accepted', async () => {
    runtime.connect((t) => new Recorder(t)).write(bytes('early'))
    await settled()
    expect(acceptor.accepted[0]!.log).toEqual(['early'])
  })

  it('pushes back on a writer whose peer is paused', async () => {
    const { client, server } = await connected()
    server.transport.pause()
    const block = new Uint8Array(16_384)
    let writes = 1
    while (client.transport.write(block)) writes++
    expect(writes).toBeLessThan(64)
    await settled()
    expect(server.bytes).toBe(0)
    expect(client.log).toEqual([])
    server.transport.resume()
    await settled()
    expect(server.bytes).toBe(writes * block.length)
    expect(client.log).toEqual(['drain'])
    expect(client.transport.write(block)).toBe(true)
  })

  it('is paused after the chunk being delivered', async () => {
    const { client, server } = await connected()
    server.onData = (chunk) => {
      server.bytes += chunk.length
      server.transport.pause()
    }
    client.transport.writev([bytes('a'), bytes('b')])
    client.transport.end()
    await settled()
    expect(server.bytes).toBe(1)
    server.transport.resume()
    await settled()
    expect(server.bytes).toBe(2)
    expect(server.log).toEqual([])
    server.transport.resume()
    await settled()
    expect(server.log).toEqual(['end'])
  })

  it('may be ended on one side and answered from the other', async () => {
    const { client, server } = await connected()
    client.transport.write(bytes('request'))
    client.transport.end()
    client.transport.write(bytes('dropped'))
    await settled()
    server.transport.write(bytes('response'))
    server.transport.end()
    await Promise.all([client.closed, server.closed])
    expect(server.log).toEqual(['request', 'end', 'closed'])
    expect(client.log).toEqual(['response', 'end', 'closed'])
  })

  it('that is destroyed resets its peer', async () => {
    const { client, server } = await connected()
    client.transport.write(bytes('lost'))
    client.transport.destroy()
    expect(client.log).toEqual([])
    await Promise.all([client.closed, server.closed])
    expect(client.log).toEqual(['closed'])
    expect(server.log).toEqual(['closed: ECONNRESET'])
    server.transport.write(bytes('to nobody'))
    await settled()
    expect(client.log).toEqual(['closed'])
  })

  it('ends when its sink throws', async () => {
    const { client, server } = await connected()
    server.onData = () => {
      throw new TypeError('broken')
    }
    client.transport.write(bytes('x'))
    await Promise.all([client.closed, server.closed])
    expect(server.log).toEqual(['closed: broken'])
    expect(client.log).toEqual(['closed: ECONNRESET'])
  })

  it('leaves timers their turn while both ends are busy', async () => {
    const { client, server } = await connected()
    const echo = (recorder: Recorder) => (chunk: Uint8Array) => {
      recorder.bytes += chunk.length
      recorder.transport.write(chunk)
    }
    client.onData = echo(client)
    server.onData = echo(server)
    client.transport.write(bytes('ping'))
    // Each of these waits for a timer, which the two ends would block for ever. Several turns of theirs go by.
    for (let timers = 0; server.bytes < 2000 && timers < 1000; timers++) await settled()
    expect(server.bytes).toBeGreaterThanOrEqual(2000)
    client.transport.destroy()
    await server.closed
  })
})
