/**
 * The actor that owns one part of a search. A level goes in two steps, each an ask of the coordinator: `expand`, in which
 * parts send each other states, and `settle`, which is answered once everything that was sent here has arrived.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { type Batch, type FoundViolation, Partition, type StateAddress } from './partition.ts'
import { type SearchSource, searchedOf } from './search-source.ts'

/** What a part has found so far. */
export interface PartReport {
  readonly distinct: number
  readonly generated: number
  readonly frontier: number
  readonly violations: readonly FoundViolation[]
  readonly unseen: readonly string[]
}

export type PartitionProtocol = {
  /** Builds the system. Answers once that is done. */
  begin: (m: {
    source: SearchSource
    index: number
    peers: readonly ActorRef<PartitionProtocol>[]
  }) => Promise<PartReport>
  /** Expands a level. Answers with how many batches each part was sent since the beginning. */
  expand: () => number[]
  expandMore: () => void
  batch: (batch: Batch) => void
  /** Answers once `batches` batches have arrived since the beginning. */
  settle: (m: { batches: number }) => PartReport
  describe: (m: { id: number }) => { readonly parts: readonly unknown[]; readonly parent: StateAddress }
}

interface PartitionState {
  partition: Partition | undefined
  peers: readonly ActorRef<PartitionProtocol>[]
  sent: number[]
  received: number
  expanding: ReplyToken<number[]> | undefined
  settling: { readonly token: ReplyToken<PartReport>; readonly batches: number } | undefined
}

/** States that are expanded in one turn; between two turns batches of others are taken in. */
const statesPerTurn = 2_048

export const PartitionActor = defineActor<PartitionProtocol>()({
  name: 'CheckerPartition',
  module: import.meta.url,
  init: (): PartitionState => ({
    partition: undefined,
    peers: [],
    sent: [],
    received: 0,
    expanding: undefined,
    settling: undefined,
  }),
  on: {
    async begin(state, { source, index, peers }) {
      const { searched, options } = await searchedOf(source)
      state.partition = new Partition(searched, options, index, peers.length)
      state.peers = peers
      state.sent = peers.map(() => 0)
      return report(state)
    },
    expand(state, _message, ctx) {
      const token = ctx.deferReply<number[]>()
      state.expanding = token
      ctx.tell(ctx.self, 'expandMore')
      return token as never
    },
    expandMore(state, _message, ctx) {
      const isDone = partitionOf(state).expand(statesPerTurn, (part, batch) => {
        ctx.tell(state.peers[part] as ActorRef<PartitionProtocol>, 'batch', batch)
        state.sent[part] = (state.sent[part] as number) + 1
      })
      if (!isDone) ctx.tell(ctx.self, 'expandMore')
      else if (state.expanding !== undefined) ctx.reply(state.expanding, [...state.sent])
    },
    batch(state, batch, ctx) {
      partitionOf(state).receive(batch)
      state.received++
      if (state.settling === undefined || state.received < state.settling.batches) return
      ctx.reply(state.settling.token, report(state))
      state.settling = undefined
    },
    settle(state, { batches }, ctx) {
      if (state.received >= batches) return report(state)
      const token = ctx.deferReply<PartReport>()
      state.settling = { token, batches }
      return token as never
    },
    describe: (state, { id }) => partitionOf(state).describe(id),
  },
})

function partitionOf({ partition }: PartitionState): Partition {
  if (partition === undefined) throw new Error('the partition has not begun')
  return partition
}

/**
 * What the part has found, at the end of a level. The next one is bounded here and not when it begins: another part may
 * begin it first, and its batches belong to the level after.
 */
function report(state: PartitionState): PartReport {
  partitionOf(state).endLevel()
  const { distinct, generated, frontier, violations, unseen } = partitionOf(state)
  return { distinct, generated, frontier, violations: [...violations], unseen: [...unseen] }
}
