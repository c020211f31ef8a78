/** The peer: a plain worker behind raw `postMessage`. Counts what it gets and echoes what is to be echoed. */
import { parentPort } from 'node:worker_threads'
import type { PeerMessage } from './peer-message.ts'

let count = 0
function handle(message: PeerMessage): void {
  if (message.type === 'add') count += message.by
  else if (message.type === 'echo') parentPort?.postMessage(message.value)
  else if (message.type === 'accept' || message.type === 'bytes') count++
  else {
    parentPort?.postMessage(count)
    count = 0
  }
}
parentPort?.on('message', (message: PeerMessage | readonly PeerMessage[]) => {
  if (Array.isArray(message)) for (const each of message as readonly PeerMessage[]) handle(each)
  else handle(message as PeerMessage)
})
