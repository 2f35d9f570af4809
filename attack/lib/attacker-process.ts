/**
 * An attacker as a process of its own, which yields its core to the honest client.
 *
 *   attacker NAME PORT MILLISECONDS
 */
import { setPriority } from 'node:os'
import { attacks } from '../attacks.ts'
import { Attacker } from './attacker.ts'

const [name, port, milliseconds] = process.argv.slice(2)
const attack = attacks.find((row) => row.name === name)
if (!attack) throw new Error(`no attack ${name}`)
setPriority(19)
const attacker = new Attacker({
  port: Number(port),
  milliseconds: Number(milliseconds),
  repeats: true,
})
await attack.run(attacker)
console.log(JSON.stringify(attacker.spoils()))
process.exit(0)
