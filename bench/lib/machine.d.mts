export interface Machine {
  readonly date: string
  readonly cpu: string
  readonly cores: number
  /** GiB. */
  readonly memory: string
  readonly kernel: string
  readonly load: string
  /** By program. */
  readonly versions: Readonly<Record<string, string>>
}

/** The machine of a run, and the versions of the programs. */
export declare function describeMachine(): Machine
