import type { ListenOptions } from '../../transport/transport.ts'

const http2Only: readonly string[] = ['h2']

/** The protocols that a listener offers by ALPN (RFC 7301), the preferred first. */
export function offeredProtocols({ alpnProtocols = http2Only }: ListenOptions): readonly string[] {
  return alpnProtocols
}

/** Whether a handshake has settled on a protocol that is offered. A client without ALPN speaks HTTP/1.1. */
export function isOffered(protocol: string | null, offered: readonly string[]): boolean {
  return offered.includes(protocol ?? 'http/1.1')
}

/** Names in the form of ALPN on the wire: each after its length. */
export function alpnBytes(offered: readonly string[]): Uint8Array {
  const bytes = offered.flatMap((name) => [
    name.length,
    ...Array.from(name, (c) => c.charCodeAt(0)),
  ])
  return Uint8Array.from(bytes)
}
