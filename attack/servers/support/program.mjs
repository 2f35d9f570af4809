// What the targets have in common: a line that says where they listen, and one at the end that says how many requests
// reached a handler.
import process from 'node:process'

let handled = 0

/** A request has reached a handler. */
export function count() {
  handled++
}

export function listening(port) {
  process.on('SIGTERM', () => {
    console.log(`handled ${handled}`)
    process.exit(0)
  })
  // An attack may make a handler's stream fail; what ends the process by default shall not hide in the figures.
  process.on('uncaughtException', (error) => {
    console.error(error)
    process.exit(1)
  })
  console.log(`listening ${port}`)
}
