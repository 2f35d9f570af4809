// The clients that the tests talk to our server with, and what looks at the C, come from Debian packages.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './tools.mjs'

/** Program → the Debian package it is in. */
const packages = {
  nghttp: 'nghttp2-client',
  h2load: 'nghttp2-client',
  nghttpd: 'nghttp2-server',
  curl: 'curl',
  chromium: 'chromium',
}

/** Those of checks that are left out where Debian no longer, or not yet, has the version. */
const optionalPackages = { 'clang-format-14': 'clang-format-14' }

/** Installs what is missing where it may, as root on Debian; else it says what to install and ends. */
export function requirePrograms() {
  const mayInstall = process.getuid?.() === 0 && isInstalled('apt-get')
  const missing = Object.keys(packages).filter((program) => !isInstalled(program))
  if (missing.length > 0) {
    const names = [...new Set(missing.map((program) => packages[program]))]
    if (!mayInstall) {
      console.error(
        `The tests need ${missing.join(', ')}. On Debian: sudo apt-get install ${names.join(' ')}`,
      )
      process.exit(1)
    }
    const { code, output } = install(names)
    if (code !== 0) {
      console.error(output.trimEnd())
      process.exit(1)
    }
  }
  for (const [program, name] of Object.entries(optionalPackages)) {
    if (mayInstall && !isInstalled(program)) install([name])
  }
}

function install(names) {
  console.log(`Installing ${names.join(', ')}`)
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' } }
  run('apt-get', ['update', '-q'], quiet)
  return run('apt-get', ['install', '-qy', '--no-install-recommends', ...names], quiet)
}

export function isInstalled(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)))
}
