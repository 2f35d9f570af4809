/**
 * The life of a connection.
 *
 * - `new`: the client has not sent enough bytes to determine its protocol.
 * - `open`: bytes go both ways.
 * - `half-closed`: the client has sent FIN; requests that it had sent in full are still answered.
 * - `ending`: the server has sent FIN; input is discarded.
 * - `failed`: the connection could not go on; the error was reported, the last bytes and FIN were sent.
 * - `closed`: the transport is closed.
 */
export type ConnectionLife = 'new' | 'open' | 'half-closed' | 'ending' | 'failed' | 'closed'
