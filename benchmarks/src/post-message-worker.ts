/** The peer: a plain worker behind raw `postMessage`. Counts what it gets and echoes what is to be echoed. */
import { parentPort } from 'node:worker_threads'

/** What the peer understands. */
export type PeerMessage =
  | { readonly type: 'add'; readonly by: number }
  | { readonly type: 'total' }
  | { readonly type: 'echo'; readonly value: number }

let count = 0
parentPort?.on('message', (message: PeerMessage) => {
  if (message.type === 'add') count += message.by
  else if (message.type === 'echo') parentPort?.postMessage(message.value)
  else {
    parentPort?.postMessage(count)
    count = 0
  }
})
