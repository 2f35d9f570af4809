// The floors of the house (docs/ARCHITECTURE.md): a floor imports only floors below it.
//
// Parsed by swc, because TypeScript 7 offers no compiler API; imports of types count like all others.
// Circles are the business of oxlint (import/no-cycle), which can tell the two apart.

/** Files of `floor` may import only what matches one of `allowed`. */
const floor = (name, comment, allowed) => ({
  name: `floor-${name}`,
  comment,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { pathNot: allowed, dependencyTypesNot: ['core'] },
})

const embeddedWasm = '^dist/embedded\\.'

export default {
  forbidden: [
    floor('engine', 'The engine imports nothing but itself and the wasm.', [
      '^src/engine/',
      embeddedWasm,
    ]),
    floor('http', 'Messages stand on the engine.', ['^src/(http|engine)/']),
    floor('server', 'The server finds its runtime by src/runtime/detect.ts and in no other way.', [
      '^src/(server|http|engine)/',
      '^src/runtime/detect\\.ts$',
    ]),
    floor('client', 'The client stands beside the server, and shares its transport interface.', [
      '^src/(client|http|engine)/',
      '^src/server/transport\\.ts$',
      '^src/runtime/detect\\.ts$',
    ]),
    floor(
      'runtime',
      'A runtime implements src/server/transport.ts and knows nothing else of the server.',
      ['^src/(runtime|engine)/', '^src/server/transport\\.ts$'],
    ),
    {
      name: 'runtimes-are-loaded-on-demand',
      comment: 'A static import would pull node:net into every bundle.',
      severity: 'error',
      from: { pathNot: '^src/runtime/(node|deno|bun)' },
      to: {
        path: '^src/runtime/(node|deno|bun)',
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
