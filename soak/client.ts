/**
 * The clients of a soak, in a process of their own: actions at a constant rate until SIGTERM. Prints its counts each few
 * seconds, and at last how all of them went.
 *
 *   client <options as JSON>   { ports: [cleartext, TLS], ca, rate: actions a second, interval: milliseconds }
 */
import process from 'node:process'
import { actions, type Action, type Turn, WrongBytes } from './lib/actions.ts'
import { Lane } from './lib/lane.ts'

interface Options {
  readonly ports: readonly [cleartext: number, tls: number]
  readonly ca: string
  readonly rate: number
  readonly interval: number
}

export interface ClientLine {
  readonly event: 'sample' | 'done'
  /** How often an action was done. */
  readonly done: Readonly<Record<string, number>>
  readonly open: number
  readonly wrong: number
  readonly failed: number
  /** The first failures, in words. */
  readonly failures: readonly string[]
}

const { ports, ca, rate, interval } = JSON.parse(process.argv[2]!) as Options
/** Milliseconds until an action counts as failed. */
const patience = 60_000
const usesOfConnection = 150
/** Actions that are open at a time. A machine that is too slow for the rate gets fewer of them. */
const mostOpen = 50
const mostFailures = 20

const lanes = (['HTTP/1.1', 'HTTP/2'] as const).flatMap((protocol) => [
  new Lane({ port: ports[0], ca: undefined, protocol }, usesOfConnection),
  new Lane({ port: ports[1], ca, protocol }, usesOfConnection),
])

let state = 20_261_128
/** The same in each run (xorshift). */
function random(limit: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % limit
}

const done: Record<string, number> = {}
const failures: string[] = []
let wrong = 0
let failed = 0
const open = new Set<Promise<void>>()

/** Each action as often as its share says, in an order that changes each time around. */
function* order(): Generator<Action> {
  const all = actions.flatMap((action) => Array.from({ length: action.share }, () => action))
  for (;;) {
    for (let i = all.length - 1; i > 0; i--) {
      const other = random(i + 1)
      ;[all[i], all[other]] = [all[other]!, all[i]!]
    }
    yield* all
  }
}

function note(name: string, error: unknown): void {
  failed += 1
  if (error instanceof WrongBytes) wrong += 1
  if (failures.length < mostFailures) failures.push(`${name}: ${String(error)}`)
}

async function act(action: Action, turn: Turn): Promise<void> {
  const { protocol, ca: isSecure } = turn.lane.place
  const name = `${action.name}, ${protocol}${isSecure ? ', TLS' : ''}`
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${patience} ms`)), patience)
  })
  try {
    await Promise.race([action.run(turn), late])
    done[action.name] = (done[action.name] ?? 0) + 1
  } catch (error) {
    note(name, error)
  } finally {
    clearTimeout(timer)
  }
}

function say(event: ClientLine['event']): void {
  const line: ClientLine = { event, done, open: open.size, wrong, failed, failures }
  console.log(JSON.stringify(line))
}

const next = order()
const begun = performance.now()
let count = 0
const acting = setInterval(() => {
  // Those that are due, also when the timer was late.
  for (; (count * 1000) / rate <= performance.now() - begun; count++) {
    if (open.size >= mostOpen) continue
    const turn = { lane: lanes[random(lanes.length)]!, random, seed: random(1 << 20) }
    const one = act(next.next().value as Action, turn)
    open.add(one)
    void one.finally(() => open.delete(one))
  }
}, 1000 / rate)
const saying = setInterval(say, interval, 'sample')

process.once('SIGTERM', async () => {
  clearInterval(acting)
  clearInterval(saying)
  await Promise.all(open)
  for (const lane of lanes) await lane.close().catch((error: unknown) => note('closing', error))
  say('done')
  // fetch keeps its connections.
  process.exit(0)
})
