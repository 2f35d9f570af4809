/** What an attack is: a row of the table in attacks.ts. */
import type { Attacker } from './attacker.ts'

export type Protocol = 'HTTP/2' | 'HTTP/1.1' | 'WebSocket'

export interface Attack {
  readonly name: string
  /** The number of the CVE, or what the class is called. */
  readonly cve: string
  readonly protocol: Protocol
  /** What the client does, in one line. */
  readonly does: string
  /** What our server promises. */
  readonly promised: string
  /** Matches what the attacker gets of our server, or how its first connection ends; absent where it may go on. */
  readonly gets?: RegExp
  /** Milliseconds within which 99 of 100 honest requests are answered; absent where the attack breaks a rule. */
  readonly mostP99?: number
  /** The attack waits for a timeout: it takes longer than others, and hardly any CPU time. */
  readonly isSlow: boolean
  /** The attack begins with much work: the targets would take their time from each other. */
  readonly isAlone?: boolean
  readonly run: (attacker: Attacker) => Promise<void>
}

/** How a connection of the attacker ended, or that it is still open. */
export interface Ending {
  readonly how: string
  /** From the connection's begin. */
  readonly milliseconds: number
  /** What had been sent by then. */
  readonly units: number
}

/** What `how` ends with where the connection has not ended. */
export const stillOpen = 'open'

export function hasEnded({ how }: Ending): boolean {
  return !how.endsWith(stillOpen)
}

/** What an attacker got. */
export interface Spoils {
  readonly connections: number
  /** Frames or requests, or what else the attack consists of. */
  readonly units: number
  /** Of the connection that was opened first. */
  readonly first: Ending
  /** Responses, resets and the like, with their number. */
  readonly got: Readonly<Record<string, number>>
}

/** In what our server did not do as promised. */
export function breachesOf({ gets }: Attack, { first, got }: Spoils): string[] {
  const all = [first.how, ...Object.keys(got)]
  const taken = all.filter((what) => what.startsWith(takenMessage))
  return !gets || all.some((what) => gets.test(what)) ? taken : [`got ${first.how}`, ...taken]
}

/** What a note begins with that says that a message was not refused. */
export const takenMessage = 'taken: '
