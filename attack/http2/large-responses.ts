import type { Attacker } from '../lib/attacker.ts'
import type { Http2Connection } from '../lib/http2-connection.ts'
import { getting, INITIAL_WINDOW_SIZE, mostWindow, windowUpdate } from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'

const streamCount = 100
const connectionCount = 5

/** Large responses to windows that are wide open. */
async function large(attacker: Attacker, isRead: boolean): Promise<void> {
  const script = async (connection: Http2Connection): Promise<void> => {
    if (!isRead) connection.socket.pause()
    const requests = Array.from({ length: streamCount }, () =>
      getting(connection.nextStream(), paths.large),
    )
    const all = [windowUpdate(0, mostWindow - 65_535), ...requests]
    await connection.send(Buffer.concat(all), streamCount)
    await connection.untilEnded()
  }
  const settings = [[INITIAL_WINDOW_SIZE, mostWindow]] as const
  await attacker.http2(script, { settings, count: connectionCount })
}

/** On a socket that is not read: the responses wait in the server. */
export function deafClient(attacker: Attacker): Promise<void> {
  return large(attacker, false)
}

/** Read as fast as they come: the server is never made to wait. */
export function greedyClient(attacker: Attacker): Promise<void> {
  return large(attacker, true)
}
