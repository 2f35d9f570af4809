let later: ((action: () => void) => void) | undefined

/** Calls `action` at the end of this turn of the loop. */
export function atEndOfTurn(action: () => void): void {
  // Read on demand, because Deno takes 10 ms to load `setImmediate`. Deno has it from 2.4 on.
  later ??= globalThis.setImmediate ?? queueMicrotask
  later(action)
}

/** Milliseconds of work, after which Deno is made to ask the system for events. */
const longestWork = 3
/** Milliseconds that a timer of 0 takes at most where Deno has nothing else to do. */
const longestWait = 4
/** After so many timers the actions are called, however busy Deno is. */
const mostTimers = 8

let connections = 0
/** Actions of all connections that wait for a timer. */
let waiting: (() => void)[] = []
let timers = 0
let begunAt = 0
/** When Deno last asked the system for events. */
let askedAt = 0

/** A connection is open, or is not any more. */
export function countConnection(change: 1 | -1): void {
  connections += change
}

/**
 * Calls `action` when other connections have had their turn. While operations succeed at once, Deno seldom asks the system
 * for events of other connections; it does while it waits for a timer. So all connections that have had their share wait
 * for the same timer, and none of them keeps Deno busy meanwhile.
 */
export function afterOthers(action: () => void): void {
  if (connections <= 1 || performance.now() - askedAt < longestWork) atEndOfTurn(action)
  else if (waiting.push(action) === 1) {
    timers = 0
    wait()
  }
}

function wait(): void {
  begunAt = performance.now()
  setTimeout(goOn, 0)
}

function goOn(): void {
  const now = performance.now()
  // Others were busy until now, and Deno has not asked.
  if (now - begunAt > longestWait && ++timers < mostTimers) return wait()
  askedAt = now
  const actions = waiting
  waiting = []
  for (const action of actions) action()
}
