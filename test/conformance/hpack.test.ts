import { expect, it } from 'vitest'
import type { HeaderField } from '../../src/engine/index.ts'
import { HDDeflater, HDInflater } from '../../src/engine/hpack/index.ts'
import { describeVectors, fromHex, readVectors } from '../support/vectors.ts'

interface Story {
  readonly cases: ReadonlyArray<{
    readonly seqno: number
    readonly header_table_size?: number
    readonly wire: string
    readonly headers: ReadonlyArray<Readonly<Record<string, string>>>
  }>
}

/** The stories do not tell which fields are never indexed. */
const plain = (fields: readonly HeaderField[]): [string, string][] =>
  fields.map(([name, value]) => [name, value])

/** A header in the vectors is an object of one field. */
const fieldsOf = (headers: Story['cases'][number]['headers']): [string, string][] =>
  headers.flatMap((header) => Object.entries(header))

describeVectors('HPACK stories', () => {
  const stories = readVectors<Story>('hpack')

  it('are more than 60', () => {
    expect(stories.length).toBeGreaterThan(60)
  })

  it.each(stories)('%s decodes to its headers', (_, { cases }) => {
    using inflater = new HDInflater()
    for (const { seqno, wire, headers, header_table_size } of cases) {
      if (header_table_size !== undefined) inflater.changeTableSize(header_table_size)
      expect(plain(inflater.inflate(fromHex(wire))), `case ${seqno}`).toEqual(fieldsOf(headers))
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
      const decoded = inflater.inflate(deflater.deflate(fields))
      expect(plain(decoded), `case ${seqno}`).toEqual(fields)
      for (const [name, , neverIndexed] of decoded) {
        // nghttp2 itself never indexes short values of these fields (RFC 7541 §7.1.3).
        if (neverIndexed) expect(['authorization', 'cookie']).toContain(name)
      }
    }
  })
})
