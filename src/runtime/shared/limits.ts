/** Bytes a transport keeps for a slow reader before `write` returns `false`. */
export const writeLimit: number = 128 * 1024

/** Milliseconds a TLS handshake may take where `ListenOptions.handshakeTimeout` is absent. */
export const defaultHandshakeTimeout = 10_000
