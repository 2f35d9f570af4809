// The releases of Node that the package is tested on, from npm: test/nodes names them, build/nodes has them.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './tools.mjs'

const source = join(root, 'test', 'nodes')
const target = join(root, 'build', 'nodes')
const files = ['package.json', 'package-lock.json', '.npmrc']

/** The path of a release, installed where it is not yet; `undefined` where npm has none for this system. */
export function installedNode(version) {
  install()
  const program = join(target, 'node_modules', `node-${version}-${process.arch}`, 'bin', 'node')
  return existsSync(program) ? program : undefined
}

function install() {
  if (files.every((file) => read(source, file) === read(target, file))) return
  mkdirSync(target, { recursive: true })
  for (const file of files) copyFileSync(join(source, file), join(target, file))
  const { code, output } = run('npm', ['ci', '--prefix', target, '--no-audit', '--no-fund'])
  if (code === 0) return
  rmSync(target, { recursive: true, force: true })
  throw new Error(`the releases of Node were not installed\n${output}`)
}

function read(folder, file) {
  const path = join(folder, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
