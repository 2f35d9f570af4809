/** The package as a user gets it: packed by npm, installed in an empty folder outside the checkout. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root, run } from './processes.ts'

export interface InstalledPackage {
  /** The folder a user's program lives in. */
  readonly folder: string
  readonly tarball: string
  /** Paths inside the tarball, sorted. */
  readonly files: readonly string[]
  /** Writes a file of the user's, and returns its path. */
  write(name: string, text: string): Promise<string>
  remove(): Promise<void>
}

/** Packs the checkout (npm builds what is out of date first) and installs the tarball. */
export async function installPackage(): Promise<InstalledPackage> {
  const base = await mkdtemp(join(tmpdir(), 'nghttp2-wasm-'))
  const folder = join(base, 'app')
  await mkdir(folder)
  const packed = await npm(['pack', '--json', '--pack-destination', base], root)
  const [contents] = JSON.parse(packed) as { filename: string; files: { path: string }[] }[]
  if (!contents) throw new Error(`npm pack reported nothing:\n${packed}`)
  const tarball = join(base, contents.filename)
  // Nothing is fetched: the package has no dependency.
  await npm(['install', '--offline', '--no-audit', '--no-fund', tarball], folder)
  return {
    folder,
    tarball,
    files: contents.files.map(({ path }) => path).toSorted(),
    write: async (name, text) => {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
      return path
    },
    remove: () => rm(base, { recursive: true, force: true }),
  }
}

async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run('npm', args, { cwd, timeout: 300_000 })
  if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`)
  // The scripts that npm runs may print before the report does.
  return stdout.slice(Math.max(0, stdout.search(/^[[{]/m)))
}
