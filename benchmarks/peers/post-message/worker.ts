/** Counts what it gets, alone or in batches, and answers what is to be answered with a number. */
import { parentPort } from 'node:worker_threads'
import { largeBytes } from '../workloads.ts'
import type { ToWorker } from './messages.ts'

const port = parentPort!
let total = 0

port.on('message', (message: ToWorker | readonly ToWorker[]) => {
  if (Array.isArray(message)) for (const each of message) handle(each)
  else handle(message as ToWorker)
})

function handle(message: ToWorker): void {
  switch (message.type) {
    case 'add':
      total += message.by
      break
    case 'accept':
      total += message.value.op === 'put' && message.value.val === message.slot ? 1 : 0
      break
    case 'bytes':
      if (message.bytes.length === largeBytes) total += message.bytes[0]!
      message.bytes[1] = 1
      break
    case 'echo':
      port.postMessage(message.value)
      break
    case 'total':
      port.postMessage(total)
      total = 0
  }
}
