// npm start: builds what is missing and runs examples/hello.ts.
//
//   npm start -- --runtime node|deno|bun --host 127.0.0.1 --port 8080 --tls
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as esbuild from 'esbuild'
import { bin, root, run } from './tools.mjs'

const { values: options } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'node' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8080' },
    tls: { type: 'boolean', default: false },
  },
})

const built = run(process.execPath, ['scripts/build.mjs'])
if (built.code !== 0) {
  console.error(built.output.trimEnd())
  process.exit(1)
}

const [command, ...args] = commandFor(options.runtime)
args.push('--host', options.host, '--port', options.port)
const certificate = options.tls ? await makeCertificate(options.host) : null
if (certificate) args.push('--cert', certificate.cert, '--key', certificate.key)

const child = spawn(command, args, { cwd: root, stdio: 'inherit' })
child.once('error', (error) => {
  console.error(`${command}: ${error.message}`)
  process.exitCode = 1
})
child.once('close', (code, signal) => {
  if (certificate) rmSync(certificate.folder, { recursive: true })
  process.exitCode = code ?? (signal ? 1 : 0)
})
// The server ends in order, and this process after it.
process.on('SIGINT', () => child.kill('SIGINT'))
process.on('SIGTERM', () => child.kill('SIGTERM'))

/** The command that runs the example. Node 20 reads no TypeScript: it gets the file without its types. */
function commandFor(runtime) {
  const example = 'examples/hello.ts'
  if (runtime === 'deno') return [bin('deno'), 'run', '-A', example]
  if (runtime === 'bun') return [bin('bun'), 'run', example]
  if (runtime !== 'node') {
    console.error(`--runtime ${runtime}: it can be node, deno or bun`)
    process.exit(1)
  }
  if (process.features.typescript) return [process.execPath, example]
  esbuild.buildSync({
    absWorkingDir: root,
    entryPoints: [example],
    outdir: 'build/examples',
    format: 'esm',
    logLevel: 'warning',
  })
  return [process.execPath, 'build/examples/hello.js']
}

/** A certificate for this run only, in files that no other user can read. */
async function makeCertificate(host) {
  const { default: selfsigned } = await import('selfsigned')
  const isAddress = /^[\d.]+$|:/.test(host)
  const pems = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          isAddress ? { type: 7, ip: host } : { type: 2, value: host },
        ],
      },
    ],
  })
  mkdirSync(join(root, 'build'), { recursive: true })
  const folder = mkdtempSync(join(root, 'build', 'tls-'))
  const cert = join(folder, 'cert.pem')
  const key = join(folder, 'key.pem')
  writeFileSync(cert, pems.cert)
  writeFileSync(key, pems.private, { mode: 0o600 })
  return { folder, cert, key }
}
