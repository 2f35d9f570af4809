import type { Attacker } from '../lib/attacker.ts'
import { paths } from '../lib/paths.ts'

const connectionCount = 50
/** Milliseconds between two pieces. */
const interval = 1000

/** A beginning, and then a piece a second. */
function slowly(begin: string, piece: string): (attacker: Attacker) => Promise<void> {
  return (attacker) =>
    attacker.http1(async (connection) => {
      await connection.sendText(begin)
      while (connection.isOpen) {
        await connection.sleep(interval)
        await connection.sendText(piece)
      }
    }, connectionCount)
}

/** A head that never ends. */
export const slowHead = slowly(`GET ${paths.small} HTTP/1.1\r\nHost: localhost\r\n`, 'X: y\r\n')

const post = `POST ${paths.upload} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n`

/** A body of a byte a second. */
export const drippingBody = slowly(post, 'x')

/** A body that does not come. */
export async function slowBody(attacker: Attacker): Promise<void> {
  await attacker.http1(async (connection) => {
    await connection.sendText(post)
    await connection.untilEnded()
  }, connectionCount)
}

/** Large responses on a socket that is not read. The socket notices a reset when it writes: an empty line a second. */
export async function slowReader(attacker: Attacker): Promise<void> {
  await attacker.http1(async (connection) => {
    connection.socket.pause()
    await connection.sendText(`GET ${paths.large} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    while (connection.isOpen) {
      await connection.sleep(interval)
      await connection.sendText('\r\n', 0)
    }
  }, connectionCount)
}
