// The global objects, and code that reads them before or after this package replaces them: fixture/globals.ts.
import { describe, expect, it } from 'vitest'
import { run, runtimeCommand, runtimeNames } from '../../support/processes.ts'
import { bundleProgram } from '../../support/program-server.ts'

const text = 'text/plain;charset=UTF-8'

describe.each(runtimeNames)('the global objects: %s', (runtime) => {
  /** Bun's own says the type of a text only as Bun sends it. */
  const ownText = runtime === 'bun' ? null : text

  async function factsOf(how: string): Promise<Record<string, unknown>> {
    const file = await bundleProgram('test/server/fetch/fixture/globals.ts')
    const { command, args } = runtimeCommand(runtime, file, [how])
    const { code, stdout, stderr } = await run(command, args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout) as Record<string, unknown>
  }

  it('no import replaces one', async () => {
    expect(await factsOf('import')).toEqual({ replaced: [], isResponse: true })
  })

  it('overrideGlobalObjects: false leaves them', async () => {
    expect(await factsOf('leave')).toEqual({
      replaced: [],
      answers: [
        [200, 'text', '4', ownText, null],
        [204, '', null, null, null],
      ],
      code: 'ERR_INVALID_ARGUMENT',
    })
  })

  it("serve() replaces them, for code loaded before and after as the runtime's own", async () => {
    const facts = await factsOf('serve')
    expect(facts.replaced).toContain('Response')
    expect(facts.replaced).not.toContain('Headers')
    expect(facts).toMatchObject({
      answers: [
        [200, 'text', '4', text, null],
        [200, 'taken', '5', ownText, '1'],
        [200, 'extended', '8', ownText, null],
      ],
      isSamePrototype: true,
      instances: Array.from({ length: 6 }, () => [true, true]),
      subclasses: [true, false, true, false, true],
      constructors: [true, true],
      texts: ['fetched', 'made', 'fetched', 'early'],
      clones: [true, 'made'],
      withoutNew: 'TypeError',
      patched: ['patched request', ['patched', 'added'], ['patched', 'added']],
    })
    expect(facts.names).toBeGreaterThan(15)
  })

  it('a Proxy in the place of the replaced one changes nothing of that', async () => {
    const { proxied } = await factsOf('serve')
    expect(proxied).toEqual({
      instances: [true, true, true, true, true],
      isOwn: [true, false],
      text: 'made',
      served: [200, 'made', '4', ownText, '1'],
      constructed: 3,
    })
  })

  it("import 'nghttp2-wasm/globals' replaces them before serve() is called", async () => {
    expect(await factsOf('entry')).toEqual({
      isReplaced: true,
      isKept: true,
      answer: [200, 'taken', '5', text, null],
    })
  })

  it('what a program has put there stays', async () => {
    expect(await factsOf('own')).toEqual({ isKept: true, answer: [200, 'own', '3', ownText, null] })
  })
})
