/**
 * The journal's bytes. All numbers are little-endian, checksums are CRC-32C.
 *
 *     disk     journal-00000001.log  journal-00000002.log  ...          numbers may be missing: those were removed
 *     segment  header | group | group | ...
 *     group    mark | record | record | ...                             what one write and one sync made durable
 *
 *     header   0 magic "TROUPEJ\n"   8 version u32   12 segment number u32   16 journal identity, 8 bytes
 *              24 length of the segment before u32   28 checksum of bytes 0 to 27 u32                    (32 bytes)
 *     frame    0 checksum u32   4 payload length u32   8 sequence u48   14 id length u16   16 kind u8   17 "TJF"
 *              20 durable id, UTF-8   then the payload
 *     mark     a frame without id; payload: journal identity, segment number u32, own offset u32         (36 bytes)
 *     record   a frame of kind event, snapshot or removal
 *
 * A group is written only after the group before it was synced. So a mark is a proof: **everything before it was
 * synced when it was written**. What does not verify and has a mark somewhere after it is damage to acknowledged data,
 * an error. What does not verify and has no mark after it can only belong to the one group whose sync had not
 * returned, of which any subset of sectors may have survived: a torn tail, cut at its last whole record. Marks must be
 * found without knowing where frames begin, hence the tag "TJF", and must not be mistaken for a copy of a mark in some
 * payload, hence the offset. The same holds for records: their checksum is seeded with the header's checksum and the
 * record's offset, so that only a record written at this place of this segment of this journal verifies.
 *
 * The header keeps this layout in all versions to come, so that a newer segment can be told from a damaged one.
 */
import { crc32cOfView } from './crc32c.ts'

/** The version that this code writes, and the only one that it reads. */
export const FORMAT_VERSION = 1
/** Bytes of a segment's header. */
export const HEADER_BYTES = 32
/** Bytes of a frame before its id and payload. */
export const FRAME_BYTES = 20
/** Bytes of a group's mark. */
export const MARK_BYTES = FRAME_BYTES + 16
/** Bytes of a durable id in UTF-8, at most. */
export const ID_BYTES_MAX = 0xffff
/** Segments are numbered from 1 up to this. */
export const SEGMENT_NUMBER_MAX = 99_999_999

const MAGIC = Uint8Array.of(0x54, 0x52, 0x4f, 0x55, 0x50, 0x45, 0x4a, 0x0a)
const TAG = [0x54, 0x4a, 0x46] as const
const KIND_MARK = 1
const COPIED_ONE_BY_ONE_MAX = 64

/** What a record says. The numbers are part of the format. */
export const RecordKind = { event: 2, snapshot: 3, removal: 4 } as const
/** One of {@link RecordKind}. */
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind]

/** Eight random bytes, drawn when the journal was created; they tell its segments from those of other journals. */
export type JournalIdentity = Uint8Array

/** What a segment's header says. */
export interface SegmentHeader {
  readonly version: number
  readonly segment: number
  readonly identity: JournalIdentity
  /** Length in bytes of the segment numbered one lower; 0 for the first. */
  readonly previousBytes: number
  /** The header's own checksum: the seed of its records' checksums. */
  readonly checksum: number
}

/** A record's frame, decoded but for its id and payload, which lie in the buffer at the given places. */
export interface RecordFrame {
  readonly kind: RecordKind
  readonly sequence: number
  readonly idStart: number
  readonly payloadStart: number
  readonly end: number
}

/** The name of the file that holds segment `number`. */
export function segmentFile(number: number): string {
  return `journal-${String(number).padStart(8, '0')}.log`
}

/** The segment's number when `file` is named like one. */
export function segmentNumber(file: string): number | undefined {
  const match = /^journal-(\d{8})\.log$/.exec(file)
  const number = match === null ? 0 : Number(match[1])
  return number >= 1 ? number : undefined
}

/** Writes a header into the first {@link HEADER_BYTES} of `target` and returns its checksum. */
export function writeHeader(target: Uint8Array, header: Omit<SegmentHeader, 'version' | 'checksum'>): number {
  const view = viewOf(target)
  target.set(MAGIC, 0)
  view.setUint32(8, FORMAT_VERSION, true)
  view.setUint32(12, header.segment, true)
  target.set(header.identity, 16)
  view.setUint32(24, header.previousBytes, true)
  const checksum = crc32cOfView(view, 0, 28)
  view.setUint32(28, checksum, true)
  return checksum
}

/**
 * The header at the start of `bytes`. `damaged` when it does not verify but may be the remains of one (zeros where
 * bytes are missing); `foreign` when it begins with something else.
 */
export function readHeader(bytes: Uint8Array): SegmentHeader | 'damaged' | 'foreign' {
  const length = Math.min(bytes.length, MAGIC.length)
  for (let at = 0; at < length; at++) if (bytes[at] !== MAGIC[at] && bytes[at] !== 0) return 'foreign'
  if (bytes.length < HEADER_BYTES) return 'damaged'
  const view = viewOf(bytes)
  const checksum = view.getUint32(28, true)
  if (checksum !== crc32cOfView(view, 0, 28)) return 'damaged'
  return {
    version: view.getUint32(8, true),
    segment: view.getUint32(12, true),
    identity: bytes.slice(16, 24),
    previousBytes: view.getUint32(24, true),
    checksum,
  }
}

/** Writes a group's mark at `at`, through `view` on all of `target`; it will lie at `offset` of segment `segment`. */
export function writeMark(
  target: Uint8Array,
  view: DataView,
  at: number,
  mark: { segment: number; offset: number; identity: JournalIdentity },
): void {
  writeFrameHead(target, view, at, { kind: KIND_MARK, sequence: 0, idLength: 0, payloadLength: 16 })
  copyBytes(mark.identity, target, at + FRAME_BYTES)
  view.setUint32(at + FRAME_BYTES + 8, mark.segment, true)
  view.setUint32(at + FRAME_BYTES + 12, mark.offset, true)
  view.setUint32(at, crc32cOfView(view, at + 4, at + MARK_BYTES), true)
}

/**
 * Whether a mark that belongs at `offset` of segment `segment` lies at `at`; `view` is that of `bytes`. `identity` is checked when
 * it is known.
 */
export function isMark(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  expected: { segment: number; offset: number; identity: JournalIdentity | undefined },
): boolean {
  if (at + MARK_BYTES > bytes.length || !hasTag(bytes, at) || bytes[at + 16] !== KIND_MARK) return false
  if (view.getUint32(at + FRAME_BYTES + 8, true) !== expected.segment) return false
  if (view.getUint32(at + FRAME_BYTES + 12, true) !== expected.offset) return false
  const { identity } = expected
  if (identity !== undefined && !isIdentityAt(bytes, at + FRAME_BYTES, identity)) return false
  return view.getUint32(at, true) === crc32cOfView(view, at + 4, at + MARK_BYTES)
}

/** Writes a record's frame at `at`, copying id and payload; `seed` comes from {@link recordSeed}. Returns its end. */
export function writeRecord(
  target: Uint8Array,
  view: DataView,
  at: number,
  record: { kind: RecordKind; sequence: number; encodedId: Uint8Array; payload: Uint8Array; seed: number },
): number {
  const { kind, sequence, encodedId, payload } = record
  writeFrameHead(target, view, at, { kind, sequence, idLength: encodedId.length, payloadLength: payload.length })
  copyBytes(encodedId, target, at + FRAME_BYTES)
  copyBytes(payload, target, at + FRAME_BYTES + encodedId.length)
  const end = at + FRAME_BYTES + encodedId.length + payload.length
  view.setUint32(at, crc32cOfView(view, at + 4, end, record.seed), true)
  return end
}

/** The length of the frame whose head lies at `at`, as the head claims it; nothing is verified. */
export function frameLength(view: DataView, at: number): number {
  return FRAME_BYTES + view.getUint16(at + 14, true) + view.getUint32(at + 4, true)
}

/** The record at `at`, through `view` on all of `bytes`; `undefined` when it does not verify or does not end within `bytes`. */
export function readRecord(bytes: Uint8Array, view: DataView, at: number, seed: number): RecordFrame | undefined {
  const kind = bytes[at + 16]
  if (kind !== RecordKind.event && kind !== RecordKind.snapshot && kind !== RecordKind.removal) return undefined
  const end = at + frameLength(view, at)
  if (!hasTag(bytes, at) || end > bytes.length) return undefined
  if (view.getUint32(at, true) !== crc32cOfView(view, at + 4, end, seed)) return undefined
  return {
    kind,
    sequence: view.getUint32(at + 8, true) + view.getUint16(at + 12, true) * 2 ** 32,
    idStart: at + FRAME_BYTES,
    payloadStart: at + FRAME_BYTES + view.getUint16(at + 14, true),
    end,
  }
}

/** The seed of the checksum of the record at `offset` of the segment whose header has this checksum. */
export function recordSeed(headerChecksum: number, offset: number): number {
  return (headerChecksum ^ offset) >>> 0
}

/** Whether two identities are the same. */
export function sameIdentity(left: JournalIdentity, right: JournalIdentity): boolean {
  return left.length === right.length && isIdentityAt(left, 0, right)
}

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function isIdentityAt(bytes: Uint8Array, at: number, identity: JournalIdentity): boolean {
  for (let place = 0; place < identity.length; place++) if (bytes[at + place] !== identity[place]) return false
  return true
}

/** A call of the platform's own way takes longer than a few bytes do. */
function copyBytes(source: Uint8Array, target: Uint8Array, at: number): void {
  const { length } = source
  if (length > COPIED_ONE_BY_ONE_MAX) target.set(source, at)
  else for (let place = 0; place < length; place++) target[at + place] = source[place]!
}

function hasTag(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 17] === TAG[0] && bytes[at + 18] === TAG[1] && bytes[at + 19] === TAG[2]
}

function writeFrameHead(
  target: Uint8Array,
  view: DataView,
  at: number,
  head: { kind: number; sequence: number; idLength: number; payloadLength: number },
): void {
  view.setUint32(at + 4, head.payloadLength, true)
  view.setUint32(at + 8, head.sequence >>> 0, true)
  view.setUint16(at + 12, Math.floor(head.sequence / 2 ** 32), true)
  view.setUint16(at + 14, head.idLength, true)
  target[at + 16] = head.kind
  target[at + 17] = TAG[0]
  target[at + 18] = TAG[1]
  target[at + 19] = TAG[2]
}
