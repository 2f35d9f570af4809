// The native build of nghttp2, llhttp and wasm/ under libFuzzer, AddressSanitizer and
// UndefinedBehaviorSanitizer. It is a 32-bit program, because the bridge writes pointers into words of 32 bits.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { install, isInstalled } from '../scripts/programs.mjs'
import { filesUnder, root, run } from '../scripts/tools.mjs'

const compiler = 'clang-14'
/** What the compiler needs for a 32-bit program with the runtimes of the sanitizers. */
const packages = [
  'clang-14',
  'llvm-14',
  'libclang-rt-14-dev',
  'libc6-dev-i386',
  'lib32gcc-12-dev',
  'lib32stdc++-12-dev',
]
const runtime = '/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-i386.a'

const folder = join(root, 'build', 'fuzz', 'native')
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
const common = ['-m32', '-std=gnu11', '-g', '-O1', '-fno-omit-frame-pointer', ...sanitizers]
/** Neither NDEBUG, so that assertions hold and each allocation is seen, nor the stand-ins of wasm/libc. */
// The kernel's headers are those of the 64-bit machine.
const defines = [
  '-isystem',
  '/usr/include/x86_64-linux-gnu',
  '-DNGHTTP2_STATICLIB',
  '-DHAVE_ARPA_INET_H',
  '-DHAVE_NETINET_IN_H',
]
const wrapped = [
  'nghttp2_frame_unpack_frame_hd', // wasm/http2/rules.c
  ...['malloc', 'calloc', 'realloc', 'free'], // wasm/bridge/debug.c
  ...['nw_event_field', 'nw_put_text'], // fuzz/harness/strings.c
]

/** Allocations of the harness itself are not counted, and do not fail. */
const unwrapped = ['malloc', 'calloc', 'realloc', 'free'].map((name) => `-D${name}=__real_${name}`)

/** The programs: their sources in fuzz/harness beside those that all have. */
const programs = {
  'http2-server': {
    sources: ['http2.c', 'http2-verbs.c', 'http2-output.c', 'http2-frames.c'],
    defines: ['-DROLE=0'],
  },
  'http2-client': {
    sources: ['http2.c', 'http2-verbs.c', 'http2-output.c', 'http2-frames.c'],
    defines: ['-DROLE=1'],
  },
  'http1-server': { sources: ['http1.c'], defines: ['-DROLE=0'] },
  'http1-client': { sources: ['http1.c'], defines: ['-DROLE=1'] },
  hpack: { sources: ['hpack.c'], defines: [] },
}
const shared = ['host.c', 'records.c', 'strings.c']

export const harnesses = Object.keys(programs)

/** Builds the programs of `names`; their paths by name. */
export async function buildHarnesses(names) {
  requireCompiler()
  const sources = fetchLibrary()
  mkdirSync(folder, { recursive: true })
  const library = await compileAll([
    ...sources.library.map((source) => ({
      source,
      flags: ['-fsanitize=fuzzer-no-link', ...sources.includes],
    })),
    ...sources.bridge.map((source) => ({
      source,
      flags: [
        '-fsanitize=fuzzer-no-link',
        '-Wall',
        '-Wextra',
        '-Wno-unknown-attributes',
        '-Wno-ignored-attributes',
        ...sources.includes,
      ],
    })),
  ])
  const paths = {}
  for (const name of names) {
    const { sources: own, defines: role } = programs[name]
    const flags = ['-Wall', '-Wextra', ...role, ...unwrapped, ...sources.includes]
    const objects = await compileAll(
      [...shared, ...own].map((file) => ({ source: join('fuzz/harness', file), flags })),
    )
    paths[name] = await link(name, [...objects, ...library])
  }
  return paths
}

function requireCompiler() {
  if (isInstalled(compiler) && existsSync(runtime) && existsSync('/usr/lib32/libc.so')) return
  if (!install(packages))
    fail(`it needs ${compiler} for 32-bit programs: apt-get install ${packages.join(' ')}`)
}

/** nghttp2's sources as wasm/build.sh compiles them, but with the clock and the tables of wasm/. */
function fetchLibrary() {
  const script = '. wasm/toolchain.sh; fetch_nghttp2; printf %s "$nghttp2_version"'
  const { code, stdout, output } = run('bash', ['-euc', script])
  if (code !== 0) fail(output)
  const at = `build/nghttp2-${stdout}`
  const replaced = new Set(['nghttp2_time.c', 'nghttp2_hd_huffman_data.c'])
  const library = filesUnder(`${at}/lib`, /\.c$/).filter((file) => !replaced.has(basename(file)))
  return {
    library: [...library, ...filesUnder(`${at}/third-party/llhttp/src`, /\.c$/)],
    bridge: [
      ...filesUnder('wasm', /\.c$/).filter((file) => !file.startsWith('wasm/libc/')),
      'wasm/libc/format.c',
    ],
    includes: [
      ...defines,
      ...[
        `${at}/lib/includes`,
        `${at}/lib`,
        'wasm/bridge',
        'wasm/http2',
        'wasm/http1',
        `${at}/third-party/llhttp/include`,
      ].map((path) => `-I${path}`),
      '-Dvsnprintf=nw_vsnprintf', // wasm/libc/format.c
    ],
  }
}

/** Compiles what is out of date; the objects. */
async function compileAll(jobs) {
  const objects = []
  const waiting = [...jobs]
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) objects.push(await compile(job))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return objects.sort()
}

/** An object is named by what it is made of: its source, the headers and the flags. */
async function compile({ source, flags }) {
  const all = [...common, ...flags]
  const object = join(folder, `${basename(source, '.c')}-${keyOf([source, ...headers()], all)}.o`)
  if (existsSync(object)) return object
  const part = `${object}.${process.pid}`
  await execute(compiler, [...all, '-c', source, '-o', part])
  renameSync(part, object)
  return object
}

let headerFiles
function headers() {
  headerFiles ??= [
    ...filesUnder('wasm', /\.h$/),
    ...filesUnder('fuzz', /\.h$/),
    'wasm/nghttp2.lock',
  ]
  return headerFiles
}

const hashes = new Map()
function hashOf(file) {
  if (!hashes.has(file)) {
    hashes.set(
      file,
      createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest('hex'),
    )
  }
  return hashes.get(file)
}

function keyOf(files, flags) {
  return createHash('sha256')
    .update([...files.map(hashOf), ...flags].join('\n'))
    .digest('hex')
    .slice(0, 16)
}

async function link(name, objects) {
  const path = join(folder, name)
  const stamp = `${path}.objects`
  const inputs = objects.join('\n')
  if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return path
  await execute(compiler, [
    ...['-m32', '-g', '-fsanitize=fuzzer', ...sanitizers],
    `-Wl,${wrapped.map((symbol) => `--wrap=${symbol}`).join(',')}`,
    ...objects,
    ...['-o', path],
  ])
  writeFileSync(stamp, inputs)
  return path
}

async function execute(program, args) {
  try {
    const { stderr } = await promisify(execFile)(program, args, { cwd: root, maxBuffer: 1 << 26 })
    if (stderr) process.stderr.write(stderr)
  } catch (error) {
    fail(error.stderr || String(error))
  }
}

function fail(message) {
  console.error(`fuzz: ${message.trimEnd()}`)
  process.exit(1)
}
