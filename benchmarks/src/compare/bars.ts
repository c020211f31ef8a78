/**
 * The bars: what a ratio of ours to a peer's, or a figure of ours, is to be. They are data that a report prints beside
 * what was measured; no test fails by them, since a time is a machine's.
 */
import type { WorkloadName } from '../../peers/contract.ts'

/** One bar. */
export interface Bar {
  readonly workload: WorkloadName
  readonly variant?: string
  /** The peer whose figure ours is divided by; without it our figure itself is meant. */
  readonly against?: string
  readonly atLeast?: number
  readonly atMost?: number
}

export const bars: readonly Bar[] = [
  { workload: 'ping-pong', against: 'xstate', atLeast: 1 },
  { workload: 'ping-pong', against: 'erlang', atLeast: 4 },
  { workload: 'ping-pong', against: 'loop', atLeast: 0.5 },
  { workload: 'counting', against: 'xstate', atLeast: 1.2 },
  { workload: 'counting', against: 'erlang', atLeast: 1.8 },
  { workload: 'thread-ring', against: 'xstate', atLeast: 1.3 },
  { workload: 'thread-ring', against: 'erlang', atLeast: 4 },
  { workload: 'fork-join-create', against: 'erlang', atLeast: 1 },
  { workload: 'fork-join-create', against: 'xstate', atLeast: 1.5 },
  { workload: 'fork-join-throughput', against: 'xstate', atLeast: 1.2 },
  { workload: 'fork-join-throughput', against: 'erlang', atLeast: 2 },
  { workload: 'big', against: 'xstate', atLeast: 1 },
  { workload: 'big', against: 'erlang', atLeast: 2.5 },
  { workload: 'chameneos', against: 'xstate', atLeast: 1 },
  { workload: 'chameneos', against: 'erlang', atLeast: 3 },
  { workload: 'fibonacci', against: 'xstate', atLeast: 1.2 },
  { workload: 'fibonacci', against: 'erlang', atLeast: 2 },
  { workload: 'ask', variant: 'outside', against: 'effect', atLeast: 2 },
  { workload: 'ask', variant: 'inside', against: 'effect', atLeast: 2 },
  { workload: 'ask', variant: 'inside', against: 'xstate', atLeast: 0.8 },
  { workload: 'memory', atMost: 600 },
  { workload: 'xthread-tell', against: 'post-message', atLeast: 10 },
  { workload: 'xthread-tell', against: 'post-message-batched', atLeast: 1.5 },
  { workload: 'xthread-tell', against: 'erlang', atLeast: 1.5 },
  { workload: 'xthread-nested', against: 'post-message', atLeast: 5 },
  { workload: 'xthread-nested', against: 'post-message-batched', atLeast: 2 },
  { workload: 'xthread-nested', against: 'erlang', atLeast: 1 },
  { workload: 'xthread-ask', variant: 'parked', against: 'post-message', atMost: 1 / 6 },
  { workload: 'xthread-ask', variant: 'busy', against: 'erlang', atMost: 0.6 },
  { workload: 'xthread-pipelined-ask', against: 'post-message', atLeast: 8 },
  { workload: 'xthread-pipelined-ask', against: 'erlang', atLeast: 1.2 },
  { workload: 'xthread-bytes', variant: 'copied', against: 'post-message', atLeast: 1.5 },
  { workload: 'xthread-bytes', variant: 'transferred', against: 'post-message', atLeast: 1 },
  { workload: 'cpu', against: 'post-message', atMost: 1 },
]
