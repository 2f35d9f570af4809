import { describe, expect, it } from 'vitest'
import { type Limits, Engine, Session, defaultLimits } from '../../../src/engine/index.ts'
import { errorOf } from '../../support/engine/errors.ts'
import { Pair, one, post } from '../../support/engine/pair.ts'

/** Options are checked when a session is made: none fails open. */

const junk: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['NaN', NaN],
  ['-1', -1],
  ['1.5', 1.5],
  ["'64k'", '64k'],
  ["'5'", '5'],
  ['1n', 1n],
  ['true', true],
  ['an object', {}],
  ['2 ** 32', 2 ** 32],
]

const fields = (count: number): [string, string][] =>
  Array.from({ length: count }, (_, i) => [`x-${i}`, 'v'])

describe('limits of a session', () => {
  const names = Object.keys(defaultLimits) as (keyof Limits)[]

  it.each(names.flatMap((name) => junk.map(([text, value]) => [name, text, value] as const)))(
    '%s: %s is refused, with its name and range',
    (name, _, value) => {
      const error = errorOf(() => Session.server({ limits: { [name]: value } }))
      expect(error.code).toBe('ERR_INVALID_ARGUMENT')
      expect(error.message).toMatch(
        new RegExp(`^limits\\.${name} must be an integer from [01] to 4294967295, or Infinity`),
      )
    },
  )

  it.each(names)('%s: undefined is the default', (name) => {
    const pair = Pair.open({ server: { limits: { [name]: undefined } } })
    pair.client.submitRequest([...Object.entries(post), ...fields(300)], {
      body: new Uint8Array(1),
    })
    const { server } = pair.flow()
    expect(one(server, 'RequestReceived').truncated).toBe(true)
  })

  it.each(names)('%s: Infinity is no limit', (name) => {
    const pair = Pair.open({ server: { limits: { [name]: Infinity } } })
    const count = name === 'maxHeaderFields' ? 300 : 100
    pair.client.submitRequest([...Object.entries(post), ...fields(count)])
    expect(one(pair.flow().server, 'RequestReceived').truncated).toBe(false)
  })

  it('0 is a limit of none, where it is allowed', () => {
    const pair = Pair.open({ server: { limits: { streamResetBurst: 0, streamResetRate: 0 } } })
    const id = pair.client.submitRequest(post, { endStream: false })
    pair.flow()
    pair.client.submitRstStream(id)
    expect(one(pair.flow().client, 'GoawayReceived').errorCode).toBe(2)
    const error = errorOf(() => Session.server({ limits: { maxHeaderFields: 0 } }))
    expect(error.message).toContain('from 1 to')
  })

  it('an unknown name is refused', () => {
    const limits = { maxHeaderField: 1 } as Limits
    expect(errorOf(() => Session.server({ limits })).message).toMatch(
      /^limits has no option "maxHeaderField": there are maxSessionMemory, /,
    )
    expect(errorOf(() => Session.server({ limits: null as never })).code).toBe(
      'ERR_INVALID_ARGUMENT',
    )
  })
})

describe('settings of a session', () => {
  it.each([
    { maxFrameSize: 100 },
    { maxFrameSize: 2 ** 24 },
    { initialWindowSize: 2 ** 31 },
    { maxConcurrentStreams: '5' },
    { maxConcurrentStreams: null },
    { maxConcurrentStreams: NaN },
    { enablePush: 2 },
    { enablePush: 'no' },
    { maxConcurrentStream: 5 },
    { other: null },
    { other: { x: 1 } },
    { other: { 70000: 1 } },
    { other: { 7: -1 } },
    null,
    5,
  ])('%j are refused', (settings) => {
    const error = errorOf(() => Session.server({ settings: settings as never }))
    expect(error.code).toBe('ERR_INVALID_SETTING')
  })

  it('undefined is not sent', () => {
    const pair = Pair.open({ server: { settings: { maxConcurrentStreams: undefined } as never } })
    expect(pair.client.setting('remote', 'maxConcurrentStreams')).toBe(0xffffffff)
  })
})

describe('other options of a session', () => {
  it.each([
    ['connectionWindowSize', 65_534],
    ['connectionWindowSize', 2 ** 31],
    ['maxDeflateTableSize', -1],
    ['padding', 257],
    ['peerMaxConcurrentStreams', NaN],
    ['settingsTimeout', 2 ** 31],
    ['autoPingAck', 'no'],
    ['enforceMessaging', 0],
    ['unknownFrames', null],
    ['expectPreface', 1],
    ['quiet', 'yes'],
    ['seed', 5],
    ['seed', [1]],
    ['seed', [1, NaN]],
    ['now', NaN],
    ['now', null],
    ['engine', {}],
    ['view', 5],
  ])('%s: %s is refused by name', (name, value) => {
    const error = errorOf(() => Session.server({ [name]: value }))
    expect(error.code).toBe('ERR_INVALID_ARGUMENT')
    expect(error.message).toContain(name)
  })

  it.each([0, Infinity])('settingsTimeout: %d is no limit', (settingsTimeout) => {
    const session = Session.server({ settingsTimeout })
    expect(session.nextTimeout()).toBeUndefined()
    expect(Session.server().nextTimeout()).toBe(10_000)
  })

  it.each([new Map([['maxSettings', 1]]), []])('%o is no bag of options', (bag) => {
    expect(errorOf(() => Session.server({ limits: bag as Limits })).code).toBe(
      'ERR_INVALID_ARGUMENT',
    )
    expect(errorOf(() => Session.server({ settings: bag as object })).code).toBe(
      'ERR_INVALID_SETTING',
    )
  })

  it.each([{ memoryLimit: NaN }, { memoryLimit: -1 }, { module: {} }, null])(
    'an engine with %j is not made',
    (options) => {
      expect(errorOf(() => new Engine(options as never)).code).toBe('ERR_INVALID_ARGUMENT')
    },
  )

  it('refused options leave no memory allocated', () => {
    const engine = new Engine()
    const { used } = engine.memoryUsage()
    for (const limits of [{ maxSettings: NaN }, { nothing: 1 }]) {
      errorOf(() => Session.server({ engine, limits: limits as Limits }))
      errorOf(() => Session.server({ engine, settings: { maxFrameSize: 1 } }))
    }
    expect(engine.memoryUsage().used).toBe(used)
  })
})
