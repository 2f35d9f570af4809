// Targets, as numbers. The report shows the measured value beside each.

/**
 * Throughput: scenario, server of ours, and for each runtime the peers, with the least ratio of our throughput to the
 * peer's.
 */
export const ratios = [
  {
    scenario: 'hello',
    ours: 'ours-handler',
    node: { 'node-stream': 4.5, nghttpd: 0.65 },
    deno: { 'deno-serve': 7, nghttpd: 0.75 },
    bun: { 'bun-serve': 1.15, nghttpd: 1 },
  },
  {
    scenario: 'hello',
    ours: 'ours-fast',
    node: { 'node-stream': 4 },
    deno: { 'deno-serve': 6 },
    bun: { 'bun-serve': 1 },
  },
  {
    scenario: 'hello',
    ours: 'ours-fetch',
    node: { 'node-stream': 1 },
    deno: { 'deno-serve': 5 },
    bun: { 'bun-serve': 0.7 },
  },
  {
    scenario: 'connections',
    ours: 'ours-handler',
    node: { 'node-stream': 1.9 },
    deno: { 'deno-serve': 2.9 },
    bun: { 'bun-serve': 1 },
  },
  {
    scenario: 'tls',
    ours: 'ours-handler',
    node: { 'node-stream': 3.5 },
    deno: { 'deno-serve': 4 },
    bun: { 'bun-serve': 1.1 },
  },
  {
    scenario: 'realistic',
    ours: 'ours-handler',
    node: { 'node-stream': 3 },
    deno: { 'deno-serve': 4 },
    bun: { 'bun-serve': 1 },
  },
  {
    scenario: 'download',
    ours: 'ours-handler',
    node: { 'node-stream': 1 },
    deno: { 'deno-serve': 3 },
    bun: { 'bun-serve': 1 },
  },
  {
    scenario: 'download-tls',
    ours: 'ours-handler',
    node: { 'node-stream': 1 },
    deno: { 'deno-serve': 1 },
    bun: { 'bun-serve': 1 },
  },
  {
    scenario: 'window-tls',
    ours: 'ours-handler',
    node: { 'node-stream': 0.8 },
    deno: { 'node-stream': 0.8 },
    bun: { 'bun-serve': 0.8 },
  },
  {
    scenario: 'upload',
    ours: 'ours-handler',
    node: { 'node-stream': 1.2 },
    deno: { 'deno-serve': 2 },
    bun: { 'bun-serve': 1 },
  },
  {
    scenario: 'http1-hello',
    ours: 'ours-handler',
    node: { 'node-http': 1.4, 'raw-http1-node': 0.9 },
    deno: { 'deno-serve': 0.85, 'raw-http1-deno': 0.9 },
    bun: { 'bun-serve': 0.9, 'raw-http1-bun': 0.9 },
  },
  {
    scenario: 'http1-hello',
    ours: 'ours-fetch',
    node: { 'node-http': 1.3 },
    deno: { 'deno-serve': 0.8 },
    bun: { 'bun-serve': 0.8 },
  },
  {
    scenario: 'http1-pipelined',
    ours: 'ours-handler',
    node: { 'node-http': 3 },
    deno: { 'deno-serve': 2 },
    bun: { 'bun-serve': 1 },
  },
  {
    scenario: 'http1-download',
    ours: 'ours-handler',
    node: { 'node-http': 1 },
    deno: { 'deno-serve': 1 },
    bun: { 'bun-serve': 0.9 },
  },
  {
    scenario: 'http1-upload',
    ours: 'ours-handler',
    node: { 'node-http': 1 },
    deno: { 'deno-serve': 1 },
    bun: { 'bun-serve': 0.9 },
  },
]

/** Resident memory of an idle HTTP/1.1 connection in parts of the runtime's own server's, at most. */
export const http1Idle = {
  ours: 'ours-handler',
  node: { 'node-http': 0.5 },
  deno: { 'deno-serve': 1 },
  bun: { 'bun-serve': 2 },
}

/** Requests per second of CPU time over TLS in parts of a native server's, at least. */
export const native = {
  ours: 'ours-handler',
  node: { nghttpd: 0.85, h2o: 0.45 },
  deno: { nghttpd: 0.85 },
  bun: { nghttpd: 1, h2o: 0.6 },
}

/** Server-sent events: CPU time of ours in parts of the peer's, at most. */
export const events = {
  ours: 'ours-handler',
  node: { 'node-stream': 0.5 },
  deno: { 'deno-serve': 0.5 },
  bun: { 'bun-serve': 1 },
}

export const memory = {
  /** Resident bytes of an idle connection in parts of node:http2's, on Node. */
  residentRatio: 1,
  /** CPU of 10,000 idle connections in parts of node:http2's on the same runtime. */
  cpuRatio: 2,
  /** Linear memory of a session, in bytes. */
  linear: 24 * 1024,
}

/** Milliseconds from the import to listening, above an empty program. */
export const startUp = 30

/** Bytes, gzipped. Names stay in what is shipped, and lines are broken, so that stack traces say something. */
export const sizes = { wasm: 60_000, all: 125_000 }

export const growth = {
  /** Throughput with 1,000 connections in parts of that with one, at least. */
  connections: 0.8,
  /** CPU time of a request with 1,000 streams a session, in parts of the least with fewer, at most. */
  streams: 1.2,
  /** CPU time of a MiB in a body of 1 GiB, in parts of that in bodies of 1 MiB, at most. */
  bodies: 1.2,
  /** Resident memory may grow by so many bytes from 1 MiB to 1 GiB. */
  bodyMemory: 32 * 1024 * 1024,
}

export const tail = {
  /** Load in parts of a server's own maximum. */
  load: 0.7,
  /** p99 in parts of the best peer's, at most. */
  ratio: 1,
}

/** The rows of `ratios` for a scenario and a runtime: `{ ours, peer, least }`. */
export function ratioTargets(scenario, runtime) {
  return ratios
    .filter((row) => row.scenario === scenario)
    .flatMap((row) =>
      Object.entries(row[runtime] ?? {}).map(([peer, least]) => ({ ours: row.ours, peer, least })),
    )
}
