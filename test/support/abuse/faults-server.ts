/** The program of test/abuse/fixture/faults.ts on a runtime. */
import { bundleProgram } from '../program-server.ts'
import { type Program, type RuntimeName, runtimeCommand, start } from '../processes.ts'
import type { JsonOptions, Line } from '../server.ts'

export class FaultsServer implements AsyncDisposable {
  readonly program: Program
  readonly port: number

  private constructor(program: Program, port: number) {
    this.program = program
    this.port = port
  }

  /** `prefix`: a program that runs it. */
  static async start(
    runtime: RuntimeName,
    options: JsonOptions = {},
    prefix: readonly string[] = [],
  ): Promise<FaultsServer> {
    const file = await bundleProgram('test/abuse/fixture/faults.ts')
    const { command, args } = runtimeCommand(runtime, file, [JSON.stringify(options)])
    const [first, ...rest] = [...prefix, command, ...args]
    const program = await start(first!, rest)
    const [line] = await program.waitFor(/^\{"event":"listening".*\}$/m)
    return new FaultsServer(program, Number((JSON.parse(line) as Line)['port']))
  }

  lines(event: string): Line[] {
    const lines = this.program.stdout().split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.stop()
  }
}
