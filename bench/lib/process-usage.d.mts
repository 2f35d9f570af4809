/** CPU time and memory of a process, by /proc. */
export declare class ProcessUsage {
  constructor(pid: number)
  cpuTime(): number
  residentSize(): number
  peakSize(): number
  forgetPeak(): void
}
