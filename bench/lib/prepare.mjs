// Preparation of a run: the build, the programs, a certificate, files.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { delimiter, join } from 'node:path'
import { install, isInstalled } from '../../scripts/programs.mjs'
import { answerOf } from '../servers/support/work.mjs'
import { root, scratch } from './paths.mjs'

/** Program → the Debian package it is in. */
const packages = {
  h2load: 'nghttp2-client',
  nghttpd: 'nghttp2-server',
  taskset: 'util-linux',
}

export const certificate = { cert: join(scratch, 'cert.pem'), key: join(scratch, 'key.pem') }
/** The files that native servers serve, one for each piece of work. */
export const htdocs = join(scratch, 'htdocs')
export const uploadFile = join(scratch, 'upload')
export const largeFile = join(scratch, 'upload-1GiB')

export async function prepare() {
  if (process.platform !== 'linux') fail('The benchmark reads /proc: it runs on Linux.')
  if (cpus().length < 2) fail('The benchmark needs two cores, one of which is the load’s.')
  requirePrograms()
  build()
  await makeCertificate()
  makeFiles()
}

function requirePrograms() {
  const path = `${process.env.PATH}${delimiter}/usr/sbin`
  const missing = Object.keys(packages).filter((program) => !isInstalled(program, path))
  const names = [...new Set(missing.map((program) => packages[program]))]
  if (names.length === 0 || install(names)) return
  fail(`Missing: ${missing.join(', ')}. On Debian: sudo apt-get install ${names.join(' ')}`)
}

function build() {
  run(process.execPath, ['scripts/build.mjs'])
}

function run(command, args) {
  const options = { cwd: root, encoding: 'utf8', timeout: 900_000, maxBuffer: 1 << 28 }
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  if (status !== 0) fail(`${stdout}${stderr}\n${command} ${args.join(' ')}: ${error ?? status}`)
}

async function makeCertificate() {
  if (existsSync(certificate.key)) return
  const { default: selfsigned } = await import('selfsigned')
  const pems = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  })
  writeFileSync(certificate.cert, pems.cert)
  writeFileSync(certificate.key, pems.private, { mode: 0o600 })
}

function makeFiles() {
  mkdirSync(htdocs, { recursive: true })
  for (const work of ['hello', 'realistic', 'download', 'upload']) {
    writeFileSync(join(htdocs, work), answerOf(work).body)
  }
  writeFileSync(uploadFile, answerOf('download').body)
  writeFileSync(largeFile, '')
  truncateSync(largeFile, 1024 ** 3) // a sparse file takes no disk space
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
