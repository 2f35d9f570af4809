import { expect, it } from 'vitest'
import { HDDeflater, HDInflater } from '../../src/engine/hpack.ts'
import { describeVectors, fromHex, readVectors } from './vectors.ts'

interface Story {
  readonly cases: ReadonlyArray<{
    readonly seqno: number
    readonly header_table_size?: number
    readonly wire: string
    readonly headers: ReadonlyArray<Readonly<Record<string, string>>>
  }>
}

/** A header in the vectors is an object of one field. */
const fieldsOf = (headers: Story['cases'][number]['headers']): [string, string][] =>
  headers.flatMap((header) => Object.entries(header))

describeVectors('HPACK stories', () => {
  const stories = readVectors<Story>('hpack')

  it('are there', () => {
    expect(stories.length).toBeGreaterThan(60)
  })

  it.each(stories)('%s decodes to its headers', (_, { cases }) => {
    using inflater = new HDInflater()
    for (const { seqno, wire, headers, header_table_size } of cases) {
      if (header_table_size !== undefined) inflater.changeTableSize(header_table_size)
      expect(inflater.inflate(fromHex(wire)), `case ${seqno}`).toEqual(fieldsOf(headers))
    }
  })

  it.each(stories)('%s goes through our encoder and decoder', (_, { cases }) => {
    using deflater = new HDDeflater(65_536)
    using inflater = new HDInflater()
    deflater.changeTableSize(4096)
    for (const { seqno, headers, header_table_size } of cases) {
      if (header_table_size !== undefined) {
        inflater.changeTableSize(header_table_size)
        deflater.changeTableSize(header_table_size)
      }
      const fields = fieldsOf(headers)
      expect(inflater.inflate(deflater.deflate(fields)), `case ${seqno}`).toEqual(fields)
    }
  })
})
