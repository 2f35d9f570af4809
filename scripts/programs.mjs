// The clients that the tests talk to our server with come from Debian packages.
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

/** Installs what is missing where it may, as root on Debian; else it says what to install and ends. */
export function requirePrograms() {
  const missing = Object.keys(packages).filter((program) => !isInstalled(program))
  if (missing.length === 0) return
  const names = [...new Set(missing.map((program) => packages[program]))]
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    console.error(
      `The tests need ${missing.join(', ')}. On Debian: sudo apt-get install ${names.join(' ')}`,
    )
    process.exit(1)
  }
  console.log(`Installing ${names.join(', ')}`)
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' } }
  run('apt-get', ['update', '-q'], quiet)
  const { code, output } = run(
    'apt-get',
    ['install', '-qy', '--no-install-recommends', ...names],
    quiet,
  )
  if (code !== 0) {
    console.error(output.trimEnd())
    process.exit(1)
  }
}

function isInstalled(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)))
}
