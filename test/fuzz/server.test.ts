/** The servers: clients and applications that do anything, on a network in memory. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { behaviourNames, neighbourly, pathOf, plainNames } from '../support/fuzz/behaviours.ts'
import { Controls } from '../support/fuzz/controls.ts'
import { handlerPaths } from '../support/fuzz/handlers.ts'
import { patience, Rounds } from '../support/fuzz/rounds.ts'
import { type Api, HonestClient, responsesIn, Site, WireClient } from '../support/fuzz/site.ts'
import { type Act, http1Acts, http2Acts, plainHttp2Acts } from '../support/fuzz/wires.ts'

let site: Site
beforeAll(async () => {
  site = await Site.open()
})
afterAll(() => site.close())

let running: Promise<void> = Promise.resolve()

/** Runs a property's body, behind the one that may be left over when the time of its test was up. */
function onSite(run: () => Promise<void>): Promise<void> {
  const previous = running
  const next = async (): Promise<void> => {
    await previous.catch(() => {})
    await onSiteAlone(run)
  }
  return (running = next())
}

/** After a failure the servers are made anew, so that the next run does not see its traces. */
async function onSiteAlone(run: () => Promise<void>): Promise<void> {
  try {
    await run()
    await site.expectClean()
  } catch (error) {
    void site.close()
    site = await Site.open()
    throw error
  }
}

const fetchPaths = behaviourNames.map(pathOf)
const numbers = fc.uint8Array({ minLength: 20, maxLength: 200 })

/** How a client leaves. */
const leaves = fc.constantFrom('destroy', 'end', 'stay')

/** A client of any kind beside an honest one: the honest one is served, and nothing is left of either. */
async function misbehave(
  rounds: Rounds,
  api: Api,
  acts: readonly Act[],
  controls: Uint8Array,
  leave: string,
): Promise<void> {
  rounds.begin()
  const honest = new HonestClient(site, api)
  const client = new WireClient(site, api)
  const cut = new Controls(controls)
  // Some clients do not read.
  if (cut.below(4) === 0) client.transport.pause()
  honest.ask(cut.below(20_000))
  await client.play(acts, cut)
  honest.ask(10)
  if (leave === 'end') client.transport.end()
  if (leave !== 'destroy') await client.untilQuiet()
  await honest.untilAnswered()
  client.transport.destroy()
  honest.transport.end()
  rounds.saw(`${api} ${leave} ${String(client.hasEnded)} ${outcomeOf(client.received)}`)
  for (const code of site.reports) rounds.saw(code)
}

/** The last frame's type and the last status line, roughly. */
function outcomeOf(received: Uint8Array): string {
  const text = String.fromCharCode(...received.subarray(0, 200))
  return text.startsWith('HTTP/1.1 ') ? text.slice(9, 12) : String(received.length % 64)
}

describe('servers with any client and any application', () => {
  for (const api of ['fetch', 'handler'] as const) {
    const paths = api === 'fetch' ? fetchPaths : handlerPaths
    for (const [protocol, acts, runs] of [
      ['HTTP/2', http2Acts(paths), 25],
      ['HTTP/1.1', http1Acts(paths, false), 25],
    ] as const) {
      const title = `a client of ${protocol} before the API ${api} disturbs no other client and leaves nothing behind`
      it(title, { timeout: patience }, async () => {
        const rounds = new Rounds('server', title)
        const property = fc.asyncProperty(acts, numbers, leaves, (list, controls, leave) =>
          onSite(() => misbehave(rounds, api, list, controls, leave)),
        )
        await rounds.check(property, runs)
      })
    }
  }

  const beside = 'an honest stream is served beside any others on its connection'
  it(beside, { timeout: patience }, async () => {
    const rounds = new Rounds('server', beside)
    const asks = fc.array(
      fc.tuple(fc.constantFrom(...neighbourly), fc.constantFrom(0, 10, 3000), fc.nat(2)),
      { maxLength: 12 },
    )
    const property = fc.asyncProperty(asks, fc.nat(20_000), (list, length) =>
      onSite(async () => {
        rounds.begin()
        const client = new HonestClient(site, 'fetch')
        for (const [name, size, fate] of list) {
          const id = client.ask(size, pathOf(name))
          if (fate === 1) client.reset(id)
        }
        client.ask(length)
        await client.untilAnswered()
        client.transport.destroy()
        for (const [name, , fate] of list) rounds.saw(`${name} ${fate}`)
      }),
    )
    await rounds.check(property, 25)
  })

  // A body that is longer than the window would wait, and others with it.
  const short = plainNames.filter((name) => name !== 'long').map(pathOf)
  for (const [protocol, acts, read] of [
    ['HTTP/1.1', http1Acts(plainNames.map(pathOf), true), textOf],
    ['HTTP/2', plainHttp2Acts(short), responsesIn],
  ] as const) {
    const title = `the answers of a server of ${protocol} do not depend on how the requests are cut`
    it(title, { timeout: patience }, async () => {
      const rounds = new Rounds('server', title)
      const property = fc.asyncProperty(acts, numbers, (list, controls) =>
        onSite(async () => {
          rounds.begin()
          const whole = read(await receivedFor(list, undefined))
          expect(read(await receivedFor(list, new Controls(controls)))).toEqual(whole)
          rounds.saw(String(Object.keys(whole).length))
        }),
      )
      await rounds.check(property, 25)
    })
  }
})

function textOf(received: Uint8Array): string {
  return new TextDecoder('latin1').decode(received)
}

/** What a server sends to a client. */
async function receivedFor(acts: readonly Act[], cut: Controls | undefined): Promise<Uint8Array> {
  const client = new WireClient(site, 'fetch')
  await client.play(acts, cut)
  await client.untilQuiet()
  client.transport.destroy()
  return client.received
}
