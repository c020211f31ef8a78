/**
 * Short texts from bytes. A call into the engine costs more than a text of a few letters, so those are made from their code
 * units here.
 */
import type { TextBuffer } from './codec.ts'

const { fromCharCode } = String

/** The text of `length` bytes from `at` on, each a code unit; `text` is the same memory as `memory`. */
export function latin1Of(memory: Uint8Array, text: TextBuffer, at: number, length: number): string {
  const bytes = memory as { readonly [index: number]: number }
  switch (length) {
    case 0:
      return ''
    case 1:
      return fromCharCode(bytes[at]!)
    case 2:
      return fromCharCode(bytes[at]!, bytes[at + 1]!)
    case 3:
      return fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!)
    case 4:
      return fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
    case 5:
      return fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!, bytes[at + 4]!)
    case 6:
      return fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!, bytes[at + 4]!, bytes[at + 5]!)
    case 7:
    case 8: {
      const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!]
      const [e, f, g] = [bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!]
      return length === 7 ? fromCharCode(a, b, c, d, e, f, g) : fromCharCode(a, b, c, d, e, f, g, bytes[at + 7]!)
    }
    default:
      return text.latin1Slice(at, at + length)
  }
}
