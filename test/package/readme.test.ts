/** The programs of README.md run as written, with the package installed, and print the output shown there. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Exit, root, type RuntimeName, runtimeNames, start } from '../support/processes.ts'
import { type InstalledPackage, installPackage } from '../support/installed.ts'

/** A program, as the README has it. */
interface Snippet {
  readonly name: string
  readonly source: string
  /** Commands that come before it. */
  readonly before: string[]
  /** Commands that run it, each on another runtime. */
  readonly runs: string[]
  /** Commands for another terminal. */
  readonly asks: string[]
  /** Output of those commands; without them, output of the program. */
  output: string
}

function snippetsOf(markdown: string): Snippet[] {
  const snippets: Snippet[] = []
  let before: string[] = []
  for (const [, language, text = ''] of markdown.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    const last = snippets.at(-1)
    const isOver = !last || last.output !== ''
    const [, name] = /^\/\/ (\S+)$/m.exec(text) ?? []
    if (language === 'js' || language === 'ts') {
      snippets.push({ name: name ?? '', source: text, before, runs: [], asks: [], output: '' })
      before = []
    } else if (language === 'sh') {
      const lines = text.replaceAll('\\\n', '').trim().split('\n')
      if (isOver) before.push(...lines)
      else for (const line of lines) (line.endsWith(last.name) ? last.runs : last.asks).push(line)
    } else if (language === 'text' && last) {
      last.output = text
    }
  }
  return snippets
}

const markdown = readFileSync(join(root, 'README.md'), 'utf8')
const snippets = snippetsOf(markdown)
const install = ['npm install nghttp2-wasm', 'deno add npm:nghttp2-wasm', 'bun add nghttp2-wasm']

let installed: InstalledPackage
beforeAll(async () => {
  installed = await installPackage()
}, 300_000)
afterAll(() => installed?.remove())

/** In the folder where the package is, with the runtimes on the path. */
async function shell(command: string, work?: (out: string) => Promise<void>): Promise<Exit> {
  const folders = [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env.PATH]
  const env = { PATH: folders.join(delimiter), NO_COLOR: '1' }
  // `exec`, so that the signal stops the program and not the shell.
  await using program = await start('sh', ['-c', work ? `exec ${command}` : command], {
    cwd: installed.folder,
    env,
  })
  // Awaited: what is left is stopped.
  if (!work) return await program.exited
  await work((await program.waitFor(/^Listening on \S+$/m))[0])
  return await program.stop()
}

/** Below the ports that systems take for clients, of which others take one at any moment. */
async function freePort(): Promise<string> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return String(port)
  }
}

/** The output without parts that differ between runs and versions of curl. */
function comparable(output: string): string {
  return output.replaceAll(/^date: .*$/gm, 'date: now').replaceAll(/ *\r?\n/g, '\n')
}

describe('README.md', () => {
  it('begins with how the package is installed', () => {
    const [first] = markdown.matchAll(/^```sh\n([^]*?)^```$/gm)
    expect(first?.[1]?.trim().split('\n')).toEqual(install)
  })

  it('has programs that are complete, and run on each runtime', () => {
    expect(snippets.length).toBeGreaterThan(3)
    for (const { name, runs, output } of snippets) {
      expect(runs.map((run) => run.split(' ')[0])).toEqual(['node', 'deno', 'bun'])
      expect(name).toMatch(/\.[cm]?js$/)
      expect(output).not.toBe('')
    }
  })

  describe.each(snippets)('$name', ({ name, source, before, runs, asks, output }) => {
    it.each(runtimeNames)('on %s', async (runtime: RuntimeName) => {
      const port = await freePort()
      const atPort = (text: string): string => text.replaceAll(/\b8(080|443)\b/g, port)
      await installed.write(name, atPort(source))
      for (const command of before.filter((line) => !install.includes(line))) {
        expect(await shell(command)).toMatchObject({ code: 0 })
      }
      const command = runs.find((run) => run.startsWith(runtime))!
      if (asks.length === 0) {
        const { code, stdout, stderr } = await shell(command)
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        expect(comparable(stdout)).toBe(output)
        return
      }
      const answers: string[] = []
      await shell(command, async () => {
        for (const ask of asks) {
          const { code, stdout } = await shell(atPort(ask))
          expect(code).toBe(0)
          answers.push(stdout)
        }
      })
      expect(comparable(answers.join(''))).toBe(comparable(output))
    })
  })
})
