/** Troupe, by its public API alone. */
import type { PeerWorkloads } from '../contract.ts'
import { acrossThreadsWorkloads } from './across-threads.ts'
import { inThreadWorkloads } from './in-thread.ts'

export const workloads: PeerWorkloads = { ...inThreadWorkloads, ...acrossThreadsWorkloads }
