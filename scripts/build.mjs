// Builds dist/: nghttp2.wasm, the module that embeds it, the bundles, the declarations.
//
//   node scripts/build.mjs            what is out of date
//   node scripts/build.mjs --force    the bundles and declarations in any case
//   node scripts/build.mjs --wasm     nghttp2.wasm and the embedded module only: enough for the tests of src/
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import * as esbuild from 'esbuild'
import { declare } from './declarations.mjs'
import { breakLines } from './lines.mjs'
import { filesUnder, root, run } from './tools.mjs'

/** The modules that `exports` in package.json leads to, and the source of each. */
const entries = {
  index: 'src/index.ts',
  engine: 'src/engine/index.ts',
  hpack: 'src/engine/hpack/index.ts',
  memory: 'src/runtime/memory/runtime.ts',
  globals: 'src/globals.ts',
}

/**
 * Loaded on demand by the runtime each is for; `browser` in package.json gives a browser's bundle
 * dist/no-runtime.js in their place.
 */
const runtimes = {
  'runtime-node': 'src/runtime/node/runtime.ts',
  'runtime-node-tls': 'src/runtime/node/tls.ts',
  'runtime-deno': 'src/runtime/deno/runtime.ts',
  'runtime-deno-descriptor': 'src/runtime/deno/descriptor.ts',
  'runtime-deno-tls': 'src/runtime/deno/tls.ts',
  'runtime-bun': 'src/runtime/bun/runtime.ts',
}

/** The command, `bin` in package.json, and what it loads where Node reads no TypeScript. */
const programs = {
  cli: 'src/cli/main.ts',
  'cli-typescript': 'src/cli/typescript-hooks.ts',
}

const filesOfTheirOwn = { name: 'files-of-their-own', setup: leaveFiles }
/** An error is of one class, whichever file makes it: a runtime takes it from the module that loads the runtime. */
const errorsOfIndex = {
  name: 'errors-of-index',
  setup({ onResolve }) {
    const errors = join(root, 'src/common/errors.ts')
    onResolve({ filter: /\/errors\.ts$/ }, ({ path, resolveDir }) =>
      join(resolveDir, path) === errors ? { path: './index.js', external: true } : undefined,
    )
  },
}

const dist = join(root, 'dist')
/** What each step made of what, so that it is not made again. */
const wasmStamp = join(root, 'build', 'nghttp2.wasm.sha256')
const bundleStamp = join(root, 'build', 'dist.sha256')

const { values: options } = parseArgs({
  options: { force: { type: 'boolean' }, wasm: { type: 'boolean' } },
})

mkdirSync(dist, { recursive: true })
mkdirSync(join(root, 'build'), { recursive: true })
await takeTurn()
buildWasm()
embedWasm()
if (!options.wasm) {
  const inputs = [
    ...filesUnder('src', /\.ts$/),
    'scripts/build.mjs',
    'scripts/declarations.mjs',
    'scripts/lines.mjs',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.types.json',
  ]
  const outputs = Object.keys(entries).flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`])
  if (options.force || !isBuilt(bundleStamp, [...inputs, ...outputs])) {
    removeOldFiles()
    await bundle()
    writeIfChanged('no-runtime.js', '// A browser has none of the runtimes.\nexport {}\n')
    declareAll()
    writeFileSync(bundleStamp, digestOf([...inputs, ...outputs]))
  }
}

/** Several tests may build at once: the first does the work, the others find it done. */
async function takeTurn() {
  const lock = join(root, 'build', 'lock')
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  process.once('exit', () => rmSync(mine, { force: true }))
  for (;;) {
    try {
      linkSync(mine, lock) // a lock is never seen half written
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!isRunning(lock)) rmSync(lock, { force: true })
    await setTimeout(50)
  }
  process.once('exit', () => rmSync(lock, { force: true }))
}

/** Whether the process that took the lock still lives; it may have been killed. */
function isRunning(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}

/** wasm/build.sh knows by itself whether there is something to do, but asking it takes a while. */
function buildWasm() {
  const inputs = filesUnder('wasm')
  if (isBuilt(wasmStamp, [...inputs, 'dist/nghttp2.wasm'])) return
  const { code, output } = run(join(root, 'wasm/build.sh'), [])
  if (code !== 0) fail(`wasm/build.sh ended with code ${code}`, output)
  writeFileSync(wasmStamp, digestOf([...inputs, 'dist/nghttp2.wasm']))
}

/** dist/embedded.js: the wasm as a string. It stays a file of its own, so it is in the package once. */
function embedWasm() {
  const text = quoted(readFileSync(join(dist, 'nghttp2.wasm')).toString('latin1'))
  writeIfChanged(
    'embedded.js',
    `/** dist/nghttp2.wasm, a character a byte. */\nexport const wasmText =\n  '${text}'\n`,
  )
  writeIfChanged(
    'embedded.d.ts',
    `/** dist/nghttp2.wasm, a character a byte. */\nexport declare const wasmText: string\n`,
  )
}

/** As it can stand between single quotes; between backquotes it takes Node twice as long to read. */
function quoted(text) {
  const escapes = { '\0': '\\x00', '\n': '\\n', '\r': '\\r' }
  return text.replaceAll(/(\0(?!\d))|[\0\n\r\\']/g, (character, beforeNoDigit) =>
    beforeNoDigit ? '\\0' : (escapes[character] ?? `\\${character}`),
  )
}

/** One bundle an entry, and what they share in chunks; a runtime is one file, because to load each costs a millisecond. */
async function bundle() {
  await Promise.all([
    bundleAll({ ...entries, ...programs }, { splitting: true, chunkNames: '[name]-[hash]' }),
    bundleAll(runtimes, { plugins: [filesOfTheirOwn, errorsOfIndex] }),
  ])
}

async function bundleAll(entryPoints, more) {
  const { outputFiles } = await esbuild.build({
    plugins: [filesOfTheirOwn],
    ...more,
    write: false,
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    external: ['node:*'],
    legalComments: 'none',
    charset: 'utf8',
    // Names stay: a stack trace in an issue should say something.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]))
  for (const [path, text] of texts) {
    if (path.endsWith('.map')) continue
    const broken = breakLines(text, texts.get(`${path}.map`))
    writeFileSync(path, broken.text)
    writeFileSync(`${path}.map`, broken.map)
    if (text.startsWith('#!')) chmodSync(path, 0o755)
  }
}

/**
 * The wasm and the runtimes stay files of their own. By relative paths: names of package.json's `imports` would only be
 * found by programs that a runtime sees inside a package.
 */
function leaveFiles({ onResolve }) {
  onResolve({ filter: /^#nghttp2\.wasm$/ }, () => ({ path: './embedded.js', external: true }))
  const bundles = new Map(
    Object.entries(runtimes).map(([bundled, file]) => [join(root, file), bundled]),
  )
  onResolve({ filter: /\/(runtime|tls|descriptor)\.ts$/ }, ({ path, kind, resolveDir }) => {
    const name = kind === 'dynamic-import' && bundles.get(join(resolveDir, path))
    return name ? { path: `./${name}.js`, external: true } : undefined
  })
}

function declareAll() {
  try {
    declare(entries)
  } catch (error) {
    fail(error.message, String(error.cause ?? error.stack))
  }
}

/** Bundles are named by their content: those of the last build would stay for ever. */
function removeOldFiles() {
  rmSync(join(dist, 'types'), { recursive: true, force: true })
  for (const file of filesUnder('dist', /\.(js|js\.map|d\.ts)$/)) {
    if (!file.includes('embedded.')) rmSync(join(root, file))
  }
}

/** Whether all files are there and as they were when the stamp was written. */
function isBuilt(stamp, files) {
  if (!existsSync(stamp) || !files.every((file) => existsSync(join(root, file)))) return false
  return readFileSync(stamp, 'utf8') === digestOf(files)
}

function digestOf(files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = readFileSync(join(root, file))
    hash.update(`${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** By way of another name: a reader never sees half a file. */
function writeIfChanged(name, text) {
  const path = join(dist, name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  writeFileSync(`${path}.${process.pid}`, text)
  renameSync(`${path}.${process.pid}`, path)
}

function fail(message, output) {
  console.error(output.trimEnd())
  console.error(`build: ${message}`)
  process.exit(1)
}
