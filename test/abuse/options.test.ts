import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Exit, runtimeNames, startOn } from '../support/processes.ts'
import { bundleProgram } from '../support/program-server.ts'

/** No option fails open: an invalid one is refused by name, and a server that did not begin leaves no port open. */

interface Line {
  readonly event: string
  readonly name?: string
  readonly [key: string]: unknown
}

describe.each(runtimeNames)('options on %s', (runtime) => {
  let exit: Exit
  let lines: Line[]

  beforeAll(async () => {
    const file = await bundleProgram('test/abuse/fixture/options.ts')
    const program = await startOn(runtime, file, [], { timeout: 30_000 })
    exit = await program.exited
    lines = exit.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line)
  })
  afterAll(() => {
    if (exit?.code !== 0) console.log(exit?.stderr)
  })

  it('an invalid option is refused by its name', () => {
    expect(lines.filter(({ event }) => event === 'made')).toEqual([])
    const refused = lines.filter(({ event }) => event === 'refused')
    expect(refused.length).toBeGreaterThan(70)
    for (const { name = '', code, message } of refused) {
      const isSetting = name.includes('settings')
      expect(code, name).toBe(isSetting ? 'ERR_INVALID_SETTING' : 'ERR_INVALID_ARGUMENT')
      const option = /: ([a-zA-Z]+)/.exec(name)?.[1]
      if (option && !isSetting) expect(message, name).toContain(option)
    }
  })

  it('the error of an invalid value names the valid range', () => {
    const of = (name: string): unknown => lines.find((line) => line.name === name)?.['message']
    expect(of('serve: limits.maxHeaderFields NaN')).toBe(
      'limits.maxHeaderFields must be an integer from 1 to 4294967295, or Infinity, it is NaN',
    )
    expect(of('serve: timeouts.idle -1')).toBe(
      'timeouts.idle must be an integer from 0 to 2147483647, or Infinity, it is -1',
    )
    expect(of('serve: tls {}')).toMatch(/^tls\.cert is missing/)
    expect(of('serve: tls.minVersion of TLS 1.1')).toBe(
      'tls.minVersion must be TLSv1.2 or TLSv1.3, which HTTP/2 is for (RFC 9113 §9.2), it is "TLSv1.1"',
    )
    expect(of('serve(fn)')).toMatch(
      /^the argument of serve\(\) must be an object, it is a function/,
    )
    expect(of("serve: port '8080'")).toBe('port must be an integer from 0 to 65535, it is "8080"')
  })

  it('valid options are accepted: undefined everywhere, no timeouts, no limits', () => {
    const taken = lines.filter(({ event }) => event === 'taken')
    expect(taken.map(({ name, answer }) => [name, answer])).toEqual([
      ['all undefined', true],
      ['timeouts of Infinity', true],
      ['timeouts of 0', true],
      ['limits of Infinity', true],
    ])
  })

  it.each([
    ['onListen throws', 'thrown by onListen'],
    ['signals cannot be watched', 'no signals here'],
  ])('%s: the port is closed before the error is reported', (name, error) => {
    const line = lines.find((one) => one.event === 'rejected' && one.name === name)
    expect(line).toMatchObject({ error, closed: true, isOpen: false })
  })

  it('a server whose port is taken resolves `closed`', () => {
    const line = lines.find(({ name }) => name === 'the port is taken')
    expect(line).toMatchObject({ closed: true })
    expect(line?.['error']).not.toBe('none')
  })

  it.each(['aborted before', 'closed while it began'])('%s: nothing listens', (event) => {
    expect(lines.find((line) => line.event === event)).toMatchObject({ isOpen: false })
  })

  it('a session that cannot be made is reported, and its client is disconnected', () => {
    const told = lines.filter(({ event }) => event === 'unserved')
    expect(told).toEqual([{ event: 'unserved', code: 'NGHTTP2_ERR_NOMEM', source: 'server' }])
  })

  it('certificates may be bytes', () => {
    expect(lines.find(({ event }) => event === 'bytes')).toMatchObject({
      code: 'ERR_TLS_CERTIFICATE',
    })
  })

  it('the process ends by itself', () => {
    expect(lines.some(({ event }) => event === 'end')).toBe(true)
    expect([exit.code, exit.signal, exit.stderr]).toEqual([0, null, ''])
  })
})
