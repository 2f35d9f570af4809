// CPU profiles of our servers under the scenarios, as the runtimes write them: for a look in a browser's developer tools,
// and as tables of self time.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { functionOf, partOf, selfTimes } from '../lib/cpu-profile.mjs'
import { h2load } from '../lib/h2load.mjs'
import { results, root } from '../lib/paths.mjs'
import { uploadFile } from '../lib/prepare.mjs'
import { Server } from '../lib/server.mjs'
import { http1Scenarios, nativeScenarios, scenarios } from '../scenarios.mjs'

const shown = 25
const profiled = [...scenarios, ...http1Scenarios, ...nativeScenarios]

/** What `--only` can name: a scenario, or a section of them. */
export const names = ['http1', 'native', ...profiled.map(({ name }) => name)]

export async function run({ report, options, progress, isWanted }) {
  const sectionOf = ({ name }) => name.split('-')[0]
  for (const scenario of profiled) {
    if (!isWanted(scenario.name) && !isWanted(sectionOf(scenario))) continue
    for (const runtime of options.runtimes) {
      for (const server of scenario.ours) {
        progress(`profile of ${scenario.name}, ${server} on ${runtime}`)
        const name = `${scenario.name}, ${server} on ${runtime}`
        try {
          const file = await profile(scenario, runtime, server, options)
          tabulate(report, name, file)
        } catch (error) {
          report.failure(`profile of ${name}: ${error.message}`)
        }
      }
    }
  }
}

/** The file that the runtime wrote as the server ended. */
async function profile(scenario, runtime, name, options) {
  const folder = join(results, 'profiles', `${scenario.name}-${name}-${runtime}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const server = await Server.start(runtime, name, {
    work: scenario.work,
    tls: scenario.tls,
    profile: folder,
  })
  try {
    const { isHTTP1, isUpload } = scenario
    const load = { ...scenario.load, isHTTP1, ...(isUpload && { upload: uploadFile }) }
    await h2load(`${server.origin}/${scenario.work}`, { ...load, seconds: options.seconds })
  } finally {
    await server.stop()
  }
  const file = readdirSync(folder).find((entry) => entry.endsWith('.cpuprofile'))
  if (!file) throw new Error('the runtime wrote no profile')
  return join(folder, file)
}

function tabulate(report, name, file) {
  const percent = ({ key, share }) => [`${(share * 100).toFixed(1)} %`, key]
  const functions = selfTimes(file, functionOf).slice(0, shown)
  report.table(
    `profile of ${name}: whose code`,
    ['self', 'part'],
    selfTimes(file, partOf).map(percent),
  )
  report.table(
    `profile of ${name}: functions`,
    ['self', 'function'],
    functions.map(percent),
    `All of it: ${relative(root, file)}`,
  )
  report.data(`profile of ${name}`, functions)
}
