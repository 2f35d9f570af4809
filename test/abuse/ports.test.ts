import { beforeAll, describe, expect, it } from 'vitest'
import { type Exit, runtimeNames, startOn } from '../support/processes.ts'
import { bundleProgram } from '../support/program-server.ts'

/** A server that does not begin, or ends before it has, leaves no port, no timer and no listener behind. */

interface Line {
  readonly event: string
  readonly [key: string]: unknown
}

describe.each(runtimeNames)('ports on %s', (runtime) => {
  let exit: Exit
  let lines: Line[]

  beforeAll(async () => {
    const file = await bundleProgram('test/abuse/fixture/ports.ts')
    const program = await startOn(runtime, file, [], { timeout: 30_000 })
    exit = await program.exited
    lines = exit.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line)
  })

  const noSignals = { signals: 0 }
  it.each([
    ['onListen throws', { outcome: 'thrown by onListen', listeners: 0, ...noSignals }],
    ['a signal throws', { outcome: 'thrown by addEventListener' }],
    ['closed', { outcome: 'ready', listened: 1, listeners: 0 }],
    ['aborted before', { outcome: 'ready' }],
    ['aborted while it began', { outcome: 'ready' }],
    ['closed while it began', noSignals],
    ['listens twice', { outcome: 'one port', ...noSignals }],
    ['onListen rejects', { reports: [['server', 'promised by onListen']] }],
  ])('%s: the port is free, and nothing is left', (event, expected) => {
    expect(lines.find((line) => line.event === event)).toMatchObject({ free: true, ...expected })
  })

  it('no promise of a server is left without a catch', () => {
    expect(lines.filter(({ event }) => event === 'uncaught')).toEqual([])
  })

  it('a program whose servers have ended ends by itself', () => {
    expect(lines.at(-1)).toEqual({ event: 'end' })
    expect([exit.code, exit.signal, exit.stderr]).toEqual([0, null, ''])
  })
})
