/**
 * The life of a connection.
 *
 * - `new`: the client has not sent enough bytes to tell its protocol.
 * - `open`: bytes go both ways.
 * - `half-closed`: the client has sent FIN; requests that it had sent in full are still answered.
 * - `ending`: the server has sent FIN; input is discarded.
 * - `failed`: the connection could not go on: it was reported, the client was told, FIN was sent.
 * - `closed`: the transport is gone.
 */
export type ConnectionLife = 'new' | 'open' | 'half-closed' | 'ending' | 'failed' | 'closed'
