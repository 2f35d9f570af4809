/** Prints one line that the test reads. */
export function report(line: object): void {
  console.log(JSON.stringify(line))
}
