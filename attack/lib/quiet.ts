import type { Attacker } from './attacker.ts'
import { pause } from './connection.ts'

/** No attack: what the honest client gets otherwise. */
export async function quiet(attacker: Attacker): Promise<void> {
  await pause(attacker.remaining)
}
