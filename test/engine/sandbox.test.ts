/** A bug in the module takes down the sessions of its instance, and nothing else. */
import { describe, expect, it } from 'vitest'
import { wasmText } from '#nghttp2.wasm'
import { Engine, HTTP1Session, Session } from '../../src/engine/index.ts'
import { codeOf } from '../support/engine/errors.ts'
import { type Fault, faults, withFaults } from '../support/engine/faults.ts'
import { get, hello, join, wire } from '../support/engine/frames.ts'
import { bytesOf } from '../support/engine/http1.ts'
import { only } from '../support/engine/pair.ts'

const binary = bytesOf(wasmText)
const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** Sessions of both protocols that have work to do. */
function sessionsOf(engine?: Engine): { http2: Session; http1: HTTP1Session } {
  const options = engine ? { engine } : {}
  const http2 = Session.server(options)
  expect(only(http2.receive(join(hello(), get(1))), 'RequestReceived')).toHaveLength(1)
  http2.bytesToSend()
  return { http2, http1: HTTP1Session.server(options) }
}

describe('a bug in the module', () => {
  it.each(Object.keys(faults) as Fault[])(
    '%s: only the sessions of its engine are lost',
    (fault) => {
      const module = new WebAssembly.Module(withFaults(binary, { h2_submit_ping: fault }))
      const engine = new Engine({ module })
      const broken = sessionsOf(engine)
      const sound = sessionsOf(new Engine({ module }))

      expect(codeOf(() => broken.http2.submitPing())).toBe('ERR_ENGINE_FAILED')
      expect(engine.failure?.cause).toBeInstanceOf(Error)
      expect(wire(broken.http2.bytesToSend())).toEqual([`GOAWAY ${0x7fffffff} INTERNAL_ERROR`])
      expect(codeOf(() => broken.http1.receive(bytesOf(request)))).toBe('ERR_ENGINE_FAILED')
      broken.http2.dispose()
      broken.http1.dispose()

      sound.http2.submitResponse(1, { ':status': '200' }, { body: new Uint8Array(5) })
      expect(wire(sound.http2.bytesToSend())).toEqual(['HEADERS(1)', 'DATA(1) 5 end'])
      expect(sound.http1.receive(bytesOf(request))).toMatchObject([{ type: 'RequestReceived' }, {}])
    },
  )

  it('memory that is lost to a leak: a session is refused, and the next one has a new engine', () => {
    const engine = Engine.shared()
    // Far more than the sessions hold.
    expect(engine.exports.nw_scratch_reserve(1000 * 1024 * 1024)).toBe(0)
    const sessions: Session[] = []
    expect(
      codeOf(() => {
        while (Engine.shared() === engine) sessions.push(Session.server())
      }),
    ).toBe('NGHTTP2_ERR_NOMEM')
    expect(engine.failure).toBeUndefined()
    const next = Session.server()
    expect(next.engine).not.toBe(engine)
    expect(only(next.receive(join(hello(), get(1))), 'RequestReceived')).toHaveLength(1)
    // The sessions of the old engine go on where others return their memory.
    const first = sessions.shift()!
    for (const session of sessions) session.dispose()
    expect(only(first.receive(join(hello(), get(1))), 'RequestReceived')).toHaveLength(1)
    first.dispose()
    next.dispose()
  })
})
