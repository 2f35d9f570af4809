// The scenarios: the piece of work, the load, and the servers that take part.

/** Twelve request headers, as a browser sends them through a proxy. */
const requestHeaders = [
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['accept', 'application/json,text/plain;q=0.9,*/*;q=0.8'],
  ['accept-language', 'en-GB,en;q=0.7,de;q=0.3'],
  ['accept-encoding', 'gzip, deflate, br'],
  ['referer', 'https://www.example.org/catalogue/page/7'],
  ['cookie', 'session=7e1f0c9a52d14d0e9d533c2f1a8b7e60; theme=dark'],
  ['authorization', 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl'],
  ['x-forwarded-for', '203.0.113.7'],
  ['x-request-id', '7e1f0c9a-52d1-4d0e-9d53-3c2f1a8b7e60'],
  ['sec-fetch-mode', 'cors'],
  ['sec-fetch-site', 'same-origin'],
  ['cache-control', 'no-cache'],
]

/** The server that each runtime ships, for HTTP/2 and for HTTP/1.1. */
const theirs = { node: ['node-stream'], deno: ['deno-serve'], bun: ['bun-serve'] }
const theirsHTTP1 = { ...theirs, node: ['node-http'] }

/**
 * Scenarios of HTTP/2. `unit`: of the table, requests or bytes a second. `ours`, `peers` and `more` name files of
 * servers/; `more` are left out of a quick run. `native`: when nghttpd takes part.
 */
export const scenarios = [
  {
    name: 'hello',
    title: '13-byte body, h2c, -c8 -m32',
    work: 'hello',
    load: { clients: 8, streams: 32 },
    unit: 'requests',
    ours: ['ours-handler', 'ours-fast', 'ours-fetch'],
    peers: theirs,
    more: {
      node: ['node-compat', 'raw-node'],
      deno: ['node-stream', 'raw-deno'],
      bun: ['node-stream', 'raw-bun'],
    },
    native: 'always',
  },
  {
    name: 'connections',
    title: '13-byte body, h2c, -c64 -m1',
    work: 'hello',
    load: { clients: 64, streams: 1 },
    unit: 'requests',
    ours: ['ours-handler'],
    peers: theirs,
    more: { node: ['raw-node'], deno: ['raw-deno'], bun: ['raw-bun'] },
    native: 'full',
  },
  {
    name: 'tls',
    title: '13-byte body, TLS, -c4 -m8',
    work: 'hello',
    tls: true,
    load: { clients: 4, streams: 8 },
    unit: 'requests',
    ours: ['ours-handler'],
    peers: theirs,
    more: { bun: ['node-stream'] },
    native: 'full',
  },
  {
    name: 'realistic',
    title: '12 request headers, 8 response headers, 2 KiB of JSON, h2c, -c8 -m32',
    work: 'realistic',
    load: { clients: 8, streams: 32, headers: requestHeaders },
    unit: 'requests',
    ours: ['ours-handler'],
    peers: theirs,
    more: { node: ['ours-fast'], deno: ['ours-fast'], bun: ['ours-fast'] },
    native: 'full',
  },
  {
    name: 'download',
    title: '1 MiB download, h2c, -c4 -m8',
    work: 'download',
    load: { clients: 4, streams: 8 },
    unit: 'bytes',
    ours: ['ours-handler'],
    peers: theirs,
    more: { deno: ['node-stream'], bun: ['node-stream'] },
    native: 'full',
  },
  {
    name: 'download-tls',
    title: '1 MiB download, TLS, -c4 -m8',
    work: 'download',
    tls: true,
    load: { clients: 4, streams: 8 },
    unit: 'bytes',
    ours: ['ours-handler'],
    peers: theirs,
    more: {},
    native: 'full',
  },
  {
    name: 'window-tls',
    title: '1 MiB download, TLS, one stream, the client’s windows of 64 KiB',
    work: 'download',
    tls: true,
    load: { clients: 1, streams: 1, windowBits: 16 },
    unit: 'bytes',
    ours: ['ours-handler'],
    peers: { node: ['node-stream'], deno: ['node-stream', 'deno-serve'], bun: ['bun-serve'] },
    more: {},
    native: 'full',
  },
  {
    name: 'upload',
    title: '1 MiB upload, read by the handler, h2c, -c4 -m8',
    work: 'upload',
    isUpload: true,
    load: { clients: 4, streams: 8 },
    unit: 'uploads',
    ours: ['ours-handler'],
    peers: theirs,
    more: {
      node: ['ours-fast'],
      deno: ['node-stream', 'ours-fast'],
      bun: ['node-stream', 'ours-fast'],
    },
    native: 'never', // it reads no bodies
  },
]

const rawHTTP1 = { node: ['raw-http1-node'], deno: ['raw-http1-deno'], bun: ['raw-http1-bun'] }

/** Scenarios of HTTP/1.1; `streams` of a load is the number of pipelined requests. */
export const http1Scenarios = [
  {
    name: 'http1-hello',
    title: 'HTTP/1.1, 13-byte body, -c64 -m1',
    isHTTP1: true,
    work: 'hello',
    load: { clients: 64, streams: 1 },
    unit: 'requests',
    ours: ['ours-handler', 'ours-fetch'],
    peers: {
      node: [...theirsHTTP1.node, ...rawHTTP1.node],
      deno: [...theirsHTTP1.deno, ...rawHTTP1.deno],
      bun: [...theirsHTTP1.bun, ...rawHTTP1.bun],
    },
    more: { node: ['ours-fast'], deno: ['ours-fast'], bun: ['ours-fast'] },
    native: 'never',
  },
  {
    name: 'http1-pipelined',
    title: 'HTTP/1.1, 13-byte body, 16 requests pipelined, -c64 -m16',
    isHTTP1: true,
    work: 'hello',
    load: { clients: 64, streams: 16 },
    unit: 'requests',
    ours: ['ours-handler'],
    peers: theirsHTTP1,
    more: rawHTTP1,
    native: 'never',
  },
  {
    name: 'http1-download',
    title: 'HTTP/1.1, 1 MiB download, -c8 -m1',
    isHTTP1: true,
    work: 'download',
    load: { clients: 8, streams: 1 },
    unit: 'bytes',
    ours: ['ours-handler'],
    peers: theirsHTTP1,
    more: {},
    native: 'never',
  },
  {
    name: 'http1-upload',
    title: 'HTTP/1.1, 1 MiB upload, read by the handler, -c8 -m1',
    isHTTP1: true,
    work: 'upload',
    isUpload: true,
    load: { clients: 8, streams: 1 },
    unit: 'uploads',
    ours: ['ours-handler'],
    peers: theirsHTTP1,
    more: {},
    native: 'never',
  },
]

/** Scenarios beside servers in C, by requests per second of the server's CPU time. */
export const nativeScenarios = [
  { name: 'native-64', clients: 64, streams: 100 },
  { name: 'native-8', clients: 8, streams: 32 },
].map(({ name, clients, streams }) => ({
  name,
  title: `13-byte body, TLS, -c${clients} -m${streams}`,
  work: 'hello',
  tls: true,
  load: { clients, streams },
  ours: ['ours-handler'],
}))

/** The servers that take part on a runtime: `{ runtime, server }`. */
export function contenders(scenario, runtime, isQuick) {
  const names = [...scenario.ours, ...scenario.peers[runtime]]
  if (!isQuick) names.push(...(scenario.more[runtime] ?? []))
  const list = names.map((server) => ({ runtime, server }))
  const { native } = scenario
  if (native === 'always' || (native === 'full' && !isQuick)) {
    list.push({ runtime: 'native', server: 'nghttpd' })
  }
  return list
}
