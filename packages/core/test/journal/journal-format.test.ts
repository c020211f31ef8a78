import { describe, expect, it } from 'vitest'
import {
  HEADER_BYTES,
  isMark,
  MARK_BYTES,
  RecordKind,
  readHeader,
  readRecord,
  segmentFile,
  segmentNumber,
  viewOf,
  writeHeader,
  writeMark,
  writeRecord,
} from '../../src/journal/journal-format.ts'

const identity = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

describe('the journal format', () => {
  it('names segments by number, and takes nothing else for one', () => {
    expect(segmentFile(12)).toBe('journal-00000012.log')
    expect(segmentNumber('journal-00000012.log')).toBe(12)
    for (const other of ['journal-00000000.log', 'journal-1.log', 'journal-00000012.log.bak', 'lock']) {
      expect(segmentNumber(other)).toBeUndefined()
    }
  })

  it('reads a header back, and none that has changed in any bit', () => {
    const bytes = new Uint8Array(HEADER_BYTES)
    const checksum = writeHeader(bytes, { segment: 7, identity, previousBytes: 99 })
    expect(readHeader(bytes)).toEqual({ version: 1, segment: 7, identity, previousBytes: 99, checksum })
    for (let bit = 0; bit < HEADER_BYTES * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      expect(readHeader(bytes)).toBeTypeOf('string')
      bytes[bit >> 3]! ^= 1 << (bit & 7)
    }
  })

  it('tells the remains of a header from something else', () => {
    expect(readHeader(new Uint8Array(0))).toBe('damaged')
    expect(readHeader(new Uint8Array(100))).toBe('damaged')
    expect(readHeader(new TextEncoder().encode('TROUP'))).toBe('damaged')
    expect(readHeader(new TextEncoder().encode('hello, world'))).toBe('foreign')
  })

  it('knows a mark only at its own place', () => {
    const bytes = new Uint8Array(200)
    writeMark(bytes, viewOf(bytes), 50, { segment: 3, offset: 1050, identity })
    expect(isMark(bytes, viewOf(bytes), 50, { segment: 3, offset: 1050, identity })).toBe(true)
    expect(isMark(bytes, viewOf(bytes), 50, { segment: 3, offset: 1050, identity: undefined })).toBe(true)
    expect(isMark(bytes, viewOf(bytes), 50, { segment: 3, offset: 1051, identity })).toBe(false)
    expect(isMark(bytes, viewOf(bytes), 50, { segment: 4, offset: 1050, identity })).toBe(false)
    expect(isMark(bytes, viewOf(bytes), 50, { segment: 3, offset: 1050, identity: new Uint8Array(8) })).toBe(false)
    const short = bytes.subarray(0, 50 + MARK_BYTES - 1)
    expect(isMark(short, viewOf(short), 50, { segment: 3, offset: 1050, identity })).toBe(false)
  })

  it('reads a record back with a sequence number of 48 bits, and not under another seed', () => {
    const bytes = new Uint8Array(100)
    const view = viewOf(bytes)
    const encodedId = new TextEncoder().encode('konto-ä')
    const record = { kind: RecordKind.event, sequence: 2 ** 48 - 2, encodedId, payload: Uint8Array.of(9, 8, 7) }
    const end = writeRecord(bytes, view, 10, { ...record, seed: 5 })
    const frame = readRecord(bytes, view, 10, 5)!
    expect(frame).toMatchObject({ kind: RecordKind.event, sequence: 2 ** 48 - 2, end })
    expect(bytes.slice(frame.idStart, frame.payloadStart)).toEqual(encodedId)
    expect(bytes.slice(frame.payloadStart, frame.end)).toEqual(Uint8Array.of(9, 8, 7))
    expect(readRecord(bytes, view, 10, 6)).toBeUndefined()
    expect(readRecord(bytes.subarray(0, end - 1), view, 10, 5)).toBeUndefined()
  })
})
