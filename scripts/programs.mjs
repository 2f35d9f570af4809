// Programs that the tests use, such as HTTP clients: they come from Debian packages.
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './tools.mjs'

/** Program → the Debian package it is in. */
const packages = {
  nghttp: 'nghttp2-client',
  h2load: 'nghttp2-client',
  nghttpd: 'nghttp2-server',
  curl: 'curl',
  openssl: 'openssl',
  sslscan: 'sslscan',
  wrk: 'wrk',
  ab: 'apache2-utils',
  nginx: 'nginx',
  haproxy: 'haproxy',
  apache2: 'apache2-bin',
  caddy: 'caddy',
  nghttpx: 'nghttp2-proxy',
  chromium: 'chromium',
}

/** Installs missing programs as root on Debian; elsewhere prints the packages to install and ends. */
export function requirePrograms() {
  const missing = Object.keys(packages).filter((program) => !isInstalled(program))
  const names = [...new Set(missing.map((program) => packages[program]))]
  if (names.length === 0 || install(names)) return
  console.error(
    `The tests need ${missing.join(', ')}. On Debian: sudo apt-get install ${names.join(' ')}`,
  )
  process.exit(1)
}

/** Installs Debian packages, as root with apt. Returns whether they are installed. */
export function install(names) {
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) return false
  console.error(`Installing ${names.join(', ')}`)
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' } }
  run('apt-get', ['update', '-q'], quiet)
  const { code, output } = withoutServices(() =>
    run('apt-get', ['install', '-qy', '--no-install-recommends', ...names], quiet),
  )
  if (code !== 0) console.error(output.trimEnd())
  return code === 0
}

/** Packages of servers start them as they are installed, unless a policy forbids it (invoke-rc.d(8)). */
function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return work()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    rmSync(policy)
  }
}

/** Also in the folder of servers, which Debian leaves out of the path of users. */
export function isInstalled(program, path = `${process.env.PATH ?? ''}${delimiter}/usr/sbin`) {
  return path.split(delimiter).some((folder) => existsSync(join(folder, program)))
}
