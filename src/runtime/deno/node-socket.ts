/** The internal handle of a socket of `node:net` and `node:tls` on Deno. It may be missing. */
import type { Socket } from 'node:net'

/** Each method returns 0, or the system's error as a negative number. */
interface TcpHandle {
  /** Fills in the peer's address. */
  getpeername(out: object): number
  readStart(): number
  readStop(): number
}

/** The TCP socket of a TLS socket that `tls.Server` has made. */
export function tcpSocket(socket: Socket): Socket | undefined {
  const { _parent: parent } = socket as { _parent?: Socket }
  return parent
}

/** The handle of a socket; for a TLS socket, the handle of its TCP socket. */
export function tcpHandle(socket: Socket): TcpHandle | undefined {
  const { _handle: handle } = (tcpSocket(socket) ?? socket) as { _handle?: TcpHandle | null }
  return handle ?? undefined
}
