let later: ((action: () => void) => void) | undefined

/** Calls `action` at the end of this turn of the loop. */
export function atEndOfTurn(action: () => void): void {
  // Read on demand, because Deno takes 10 ms to load `setImmediate`. Deno has it from 2.4 on.
  later ??= globalThis.setImmediate ?? queueMicrotask
  later(action)
}

let connections = 0
/** Actions of all connections that wait. */
let waiting: (() => void)[] = []

/** A connection is open, or is not any more. */
export function countConnection(change: 1 | -1): void {
  connections += change
}

/**
 * Calls `action` when other connections have had their turn. While operations succeed at once, Deno seldom asks the system
 * for events of other connections; it does while it waits for a timer. All connections that have had their share wait for
 * the same one, so that none of them keeps Deno busy meanwhile.
 */
export function afterOthers(action: () => void): void {
  if (connections <= 1) atEndOfTurn(action)
  else if (waiting.push(action) === 1) setTimeout(goOn, 0)
}

function goOn(): void {
  const actions = waiting
  waiting = []
  for (const action of actions) action()
}
