/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4), eight bytes a step ("slicing by 8",
 * Kounavis and Berry, 2005). The journal stamps it on everything it writes: it finds every burst of damage up to 32
 * bits, and the other damage with a chance of error of one in four thousand million.
 */

const TABLES = buildTables()

/**
 * The checksum of `bytes[start..end)` as an unsigned 32-bit number. `seed` is the checksum of what went before, so that
 * `crc32c(b, 0, n, crc32c(a))` is the checksum of `a` followed by `b`.
 */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length, seed = 0): number {
  const tables = TABLES
  let crc = ~seed
  let at = start
  for (const last = end - 7; at < last; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      tables[1792 | (low & 255)]! ^
      tables[1536 | ((low >>> 8) & 255)]! ^
      tables[1280 | ((low >>> 16) & 255)]! ^
      tables[1024 | (low >>> 24)]! ^
      tables[768 | bytes[at + 4]!]! ^
      tables[512 | bytes[at + 5]!]! ^
      tables[256 | bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}

/** Table k, at `k * 256`, holds the effect of one byte that is followed by k zero bytes. */
function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
    tables[byte] = crc
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!
    tables[at] = (before >>> 8) ^ tables[before & 255]!
  }
  return tables
}
