/// <reference path="./node-adapter.d.ts" />
/** The object that comlink exposes. */
import { parentPort } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { largeBytes, type NestedMessage } from '../workloads.ts'

let total = 0

const counter = {
  add(by: number): void {
    total += by
  },
  accept(message: NestedMessage): void {
    total += message.value.op === 'put' && message.value.val === message.slot ? 1 : 0
  },
  bytes(bytes: Uint8Array): void {
    if (bytes.length === largeBytes) total += bytes[0]!
  },
  echo: (value: number): number => value,
  total(): number {
    const result = total
    total = 0
    return result
  },
}

/** What the main thread sees of it. */
export type Counter = typeof counter

expose(counter, nodeEndpoint(parentPort!))
