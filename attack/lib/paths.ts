/** What each target serves: attack/servers, and test/abuse/fixture in the tests. */
export const paths = {
  /** A few bytes. */
  small: '/hello',
  /** 64 MiB, made piece by piece. */
  large: '/download?size=67108864',
  /** Reads the request's body to its end, then answers. */
  upload: '/read?how=arrayBuffer',
  /** A WebSocket that sends each message back. */
  socket: '/websocket',
} as const
