// A body with something behind its gzip, in a runtime that no longer tells how much of it was read: that is our fault, and said to be.
import type * as Zlib from 'node:zlib'
import { gzipSync } from 'node:zlib'
import { expect, it, vi } from 'vitest'
import { unpacked } from '../../edge/src/reports/unpack.ts'

const runtime = vi.hoisted(() => ({ tells: true }))
vi.mock('node:zlib', async (original) => {
  const zlib = await original<typeof Zlib>()
  const inflateRawSync: typeof zlib.inflateRawSync = (bytes, options) =>
    zlib.inflateRawSync(bytes, { ...options, ...(runtime.tells ? {} : { info: false }) })
  return { ...zlib, inflateRawSync }
})

const WITH_LINE_END = Buffer.concat([gzipSync('{"a":1}'), Buffer.from('\r\n')])

it('is read as far as its gzip goes', () => {
  expect(unpacked(WITH_LINE_END)).toEqual({ kind: 'value', value: { a: 1 }, behind: 2 })
})

it('is no fault of its sender where the runtime tells nothing', () => {
  runtime.tells = false
  expect(() => unpacked(WITH_LINE_END)).toThrow('zlib does not tell')
})
