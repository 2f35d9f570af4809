import { describeTable } from '../support/table.ts'

await describeTable('docs/CAPABILITIES.md', 35)
