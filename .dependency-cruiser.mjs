// The floors of the house (docs/ARCHITECTURE.md): a floor imports only floors below it.
//
// Parsed by swc, because TypeScript 7 offers no compiler API; imports of types count like all others.

/** Files of `floor` may import only what matches one of `allowed`. */
const floor = (name, comment, allowed) => ({
  name: `floor-${name}`,
  comment,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { pathNot: allowed, dependencyTypesNot: ['core'] },
})

const embeddedWasm = '^dist/embedded\\.'

/** The floors from the ground up, and what each may import beside itself. */
const ground = 'common|transport'
const messages = `http|engine|${ground}`
const server = '^src/server'

export default {
  forbidden: [
    floor('common', 'The ground: errors, bytes, fields, checks of arguments.', ['^src/common/']),
    floor('transport', 'The interfaces of a transport and of a runtime.', ['^src/transport/']),
    floor('runtime', 'A runtime implements src/transport/ and knows nothing of a server.', [
      `^src/(runtime|${ground})/`,
    ]),
    floor('engine', 'The engine does no input and output: it knows no transport.', [
      '^src/(engine|common)/',
      embeddedWasm,
    ]),
    floor('http', 'Messages know neither engine nor connection.', [`^src/(http|common)/`]),
    floor('websocket', 'WebSocket runs over any tunnel (src/http/tunnel.ts).', [
      '^src/(websocket|http|common)/',
    ]),
    floor('exchange', 'The seam: an exchange knows no protocol, and no connection.', [
      `^src/(exchange|http|${ground})/`,
    ]),
    floor('server/stats', 'Counts know no connection.', [
      `${server}/stats/`,
      `^src/(exchange|${messages})/`,
    ]),
    floor('server/times', 'Times know what they are of, and no connection.', [
      `${server}/times/`,
      '^src/common/',
    ]),
    floor('server/websocket', 'The handshake, whatever carries it.', [
      `${server}/websocket/`,
      `^src/(websocket|exchange|http|${ground})/`,
    ]),
    floor('server/connection', 'The transport half of a connection knows no protocol.', [
      `${server}/(connection|times|stats)/`,
      `^src/(exchange|${messages})/`,
    ]),
    floor('server/http2', 'A carrier: HTTP/2.', [
      `${server}/(http2|connection|times|stats)/`,
      `^src/(exchange|${messages})/`,
    ]),
    floor('server/http1', 'A carrier: HTTP/1.1.', [
      `${server}/(http1|connection|times|stats)/`,
      `^src/(exchange|${messages})/`,
    ]),
    floor('server/listener', 'Who chooses the protocol knows both, and no API.', [
      `${server}/(listener|http1|http2|connection|stats)/`,
      `^src/(exchange|${messages})/`,
      '^src/runtime/detect\\.ts$',
    ]),
    floor('server/handler', 'The handler API.', [
      `${server}/(handler|listener|connection|stats|websocket)/`,
      `^src/(websocket|exchange|${messages})/`,
    ]),
    floor('server/fetch', 'The fetch API.', [
      `${server}/(fetch|handler|listener|connection|stats|websocket)/`,
      `^src/(websocket|exchange|${messages})/`,
    ]),
    floor('client', 'The client stands beside the server.', [
      `^src/(client|${messages})/`,
      '^src/runtime/detect\\.ts$',
    ]),
    {
      name: 'no-circles',
      comment: 'Imports of types count like all others.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'runtimes-are-loaded-on-demand',
      comment: 'A static import would pull node:net into every bundle.',
      severity: 'error',
      from: { pathNot: '^src/runtime/(node|deno|bun)/' },
      to: {
        path: '^src/runtime/(node|deno|bun)/',
        dependencyTypesNot: ['dynamic-import'],
      },
    },
    {
      name: 'only-runtimes-know-a-runtime',
      comment: 'Modules of Node belong in src/runtime, or in the command.',
      severity: 'error',
      from: { pathNot: '^src/(runtime|cli)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-the-command',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-dependency',
      comment: 'The package has no dependency at run time.',
      severity: 'error',
      from: {},
      to: {
        dependencyTypes: [
          'npm',
          'npm-dev',
          'npm-optional',
          'npm-peer',
          'npm-no-pkg',
          'npm-unknown',
        ],
      },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
}
