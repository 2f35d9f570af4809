// The scenarios of HTTP/2: requests or bytes a second, ours and the peers in turns.
import { contenders, scenarios } from '../scenarios.mjs'
import { measure, ratioOf } from '../lib/rounds.mjs'
import { rateText, ratioText } from '../lib/report.mjs'
import { summary } from '../lib/statistics.mjs'
import { ratioTargets } from '../targets.mjs'

export const names = scenarios.map(({ name }) => name)

export async function run(context) {
  for (const scenario of scenarios) {
    if (context.isWanted(scenario.name)) await runScenario(scenario, context)
  }
}

/** Measures a scenario on each runtime and reports it. */
export async function runScenario(scenario, { report, options, progress }) {
  const rows = []
  const data = {}
  for (const runtime of options.runtimes) {
    progress(`${scenario.name} on ${runtime}`)
    const entries = await measure(scenario, contenders(scenario, runtime, options.quick), options)
    data[runtime] = entries
    rows.push(...tableRows(entries, scenario, runtime))
    judge(report, entries, scenario, runtime)
  }
  report.table(
    `${scenario.name}: ${scenario.title}`,
    ['on', 'server', 'median', 'least', 'most', `${scenario.ours[0]} ×`],
    rows,
  )
  report.data(scenario.name, data)
}

function tableRows(entries, scenario, runtime) {
  const ours = entries.find(({ server }) => server === scenario.ours[0])
  return entries.map((entry) => {
    if (entry.error) return [runtime, entry.server, `failed: ${firstLine(entry.error)}`, '', '', '']
    const { median, least, most } = summary(entry.samples)
    const ratio = ratioOf(ours, entry)
    return [
      runtime,
      entry.server,
      ...[median, least, most].map((value) => rateText(value, scenario.unit)),
      entry === ours || !ratio ? '' : ratioText(ratio),
    ]
  })
}

function judge(report, entries, scenario, runtime) {
  for (const { ours, peer, least } of ratioTargets(scenario.name, runtime)) {
    const [mine, theirs] = [ours, peer].map((name) => entries.find(({ server }) => server === name))
    const ratio = ratioOf(mine, theirs)
    report.verdict({
      what: `${scenario.name}, ${ours}`,
      runtime,
      target: `≥ ${least} × ${peer}`,
      measured: ratio ? ratioText(ratio) : failureOf(mine, theirs),
      isMet: ratio ? ratio.median >= least : null,
    })
  }
  for (const entry of entries.filter(({ server, error }) => error && server.startsWith('ours'))) {
    report.failure(`${scenario.name}, ${entry.server} on ${runtime}: ${entry.error}`)
  }
}

/** Why a ratio could not be taken. */
function failureOf(...entries) {
  const failed = entries.find((entry) => entry?.error)
  return failed ? `${failed.server} failed: ${firstLine(failed.error)}` : ''
}

function firstLine(text) {
  return text.split('\n')[0]
}
