// npm run advisories: whether the releases of nghttp2 and llhttp that this package is made of are behind those that others
// carry: the newest Node of npm, the Node that runs this, and Debian's package with the advisories that its changelog names.
// Ends with 1 where one of them is ahead, or names an advisory that `answered` below does not have.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { root, run } from './tools.mjs'

/** The advisories of libnghttp2 and llhttp that were looked at, and what has the answer. */
const answered = {
  'CVE-2019-9511': '1.39.2; test/abuse/attacks.test.ts, data-dribble',
  'CVE-2019-9513': '1.39.2; test/abuse/attacks.test.ts, resource-loop',
  'CVE-2020-11080': '1.41.0; test/engine/http2/attacks.test.ts',
  'CVE-2023-44487': '1.57.0; test/abuse/attacks.test.ts, rapid-reset',
  'CVE-2024-28182': '1.61.0; test/abuse/attacks.test.ts, continuation-flood',
  'CVE-2026-27135': '1.68.1; fuzz/harness/http2.c',
}

const pins = { nghttp2: pinnedNghttp2(), llhttp: pinnedLlhttp() }
console.log(
  `pinned: nghttp2 ${pins.nghttp2}, llhttp ${pins.llhttp ?? '(wasm/build.sh fetches it)'}`,
)
const problems = []
const node = newestNode()
if (node === undefined) problems.push('npm gave no release of Node to compare with')
else compare(`Node ${node.node}, the newest of npm`, node)
compare(`Node ${process.versions.node}, which runs this`, process.versions)
compareDebian()
for (const problem of problems) console.error(problem)
if (problems.length === 0) console.log('nothing is ahead of the pins')
process.exitCode = problems.length > 0 ? 1 : 0

function pinnedNghttp2() {
  return /^version=(.+)$/m.exec(readFileSync(join(root, 'wasm/nghttp2.lock'), 'utf8'))[1]
}

/** nghttp2's release has llhttp in third-party/. */
function pinnedLlhttp() {
  const path = `build/nghttp2-${pinnedNghttp2()}/third-party/llhttp/include/llhttp.h`
  const file = join(root, path)
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  const part = (name) => new RegExp(`LLHTTP_VERSION_${name} (\\d+)`).exec(text)[1]
  return ['MAJOR', 'MINOR', 'PATCH'].map(part).join('.')
}

/** `process.versions` of the newest Node of npm; `undefined` where npm does not answer. */
function newestNode() {
  const folder = mkdtempSync(join(tmpdir(), 'advisories-'))
  const name = `node-linux-${process.arch}`
  try {
    const quiet = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error']
    run('npm', ['install', `${name}@latest`, '--prefix', folder, ...quiet])
    const program = join(folder, 'node_modules', name, 'bin', 'node')
    const { code, stdout } = run(program, ['-p', 'JSON.stringify(process.versions)'])
    return code === 0 ? JSON.parse(stdout) : undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function compare(who, versions) {
  for (const [name, pinned] of Object.entries(pins)) {
    const other = versions[name]
    if (other === undefined || pinned === undefined) continue
    console.log(`${who}: ${name} ${other}`)
    if (isNewer(other, pinned)) {
      problems.push(`${who} has ${name} ${other}, and the pin is ${pinned}: see SECURITY.md`)
    }
  }
}

function isNewer(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map((part) => parseInt(part, 10)))
  const at = a.findIndex((part, i) => part !== b[i])
  return at >= 0 && a[at] > (b[at] ?? 0)
}

/** Debian keeps the number of the release, and adds the fixes of advisories: its changelog names them. */
function compareDebian() {
  const found = /Candidate: (\S+)/.exec(run('apt-cache', ['policy', 'libnghttp2-14']).stdout)?.[1]
  const changelog = '/usr/share/doc/libnghttp2-14/changelog.Debian.gz'
  if (found === undefined || !existsSync(changelog)) {
    console.log('Debian: libnghttp2-14 is not installed, its changelog was not read')
    return
  }
  compare('Debian', { nghttp2: found.replace(/^\d+:|-.*$/g, '') })
  const text = gunzipSync(readFileSync(changelog)).toString()
  for (const advisory of new Set(text.match(/CVE-\d{4}-\d+/g))) {
    console.log(`Debian ${found}: ${advisory}, ${answered[advisory] ?? 'which is new'}`)
    if (answered[advisory] === undefined) problems.push(`${advisory} was not looked at`)
  }
}
