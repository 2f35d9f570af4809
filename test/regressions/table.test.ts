import { describeTable } from '../support/table.ts'

await describeTable('test/regressions/README.md', 40)
