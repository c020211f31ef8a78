/** What is sent to the peer behind `postMessage`. */

/** What the peer understands, one by one or in arrays. */
export type PeerMessage =
  | { readonly type: 'add'; readonly by: number }
  | { readonly type: 'total' }
  | { readonly type: 'echo'; readonly value: number }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly type: 'accept'
      readonly ballot: { readonly n: number; readonly node: string }
      readonly slot: number
      readonly value: { readonly op: string; readonly key: string; readonly val: string }
    }

/** A message of some structure, as a consensus protocol sends them. */
export function nestedMessage(index: number): PeerMessage {
  const [key, val] = [`key-${index & 255}`, `value-${index & 63}`]
  return { type: 'accept', ballot: { n: index, node: 'node-3' }, slot: index, value: { op: 'put', key, val } }
}
