// The machine of a run, and the versions of the programs.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { root } from './paths.mjs'

export function describeMachine() {
  const first = (file, args) => {
    const output = execFileSync(file, args, { cwd: root, encoding: 'utf8' })
    return /\d+\.\d+\.\d+/.exec(output)[0]
  }
  const program = (name) => join(root, 'node_modules', '.bin', name)
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0].model,
    cores: cpus().length,
    memory: (totalmem() / 1024 ** 3).toFixed(0),
    kernel: release(),
    load: loadavg()[0].toFixed(1),
    versions: {
      Node: process.versions.node,
      Deno: first(program('deno'), ['--version']),
      Bun: first(program('bun'), ['--version']),
      h2load: first('h2load', ['--version']),
    },
  }
}
