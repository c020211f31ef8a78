/** What crosses between the two threads of the `postMessage` peers. */
import type { NestedMessage } from '../workloads.ts'

/** To the worker. A batch is an array of messages in one `postMessage`. */
export type ToWorker =
  | { readonly type: 'add'; readonly by: number }
  | NestedMessage
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'total' }
  | { readonly type: 'echo'; readonly value: number }
