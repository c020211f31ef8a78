/// <reference path="./comlink-node-adapter.d.ts" />
/** The task that each thread of the pool runs: host one node until the main thread stops it. */
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { HostTask } from './host-control.ts'
import { WorkerHost } from './worker-host.ts'

/** Resolves when the node was stopped. The pool's own ports keep the thread's event loop alive until then. */
export default function hostNode({ control }: HostTask): Promise<void> {
  return new Promise((resolve) => expose(new WorkerHost(resolve), nodeEndpoint(control)))
}
