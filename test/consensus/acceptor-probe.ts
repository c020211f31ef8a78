/**
 * The probe: a proposer and learner of its own kind that keeps acceptors busy with ballot after ballot and remembers
 * the highest promise and vote that each has acknowledged. What an acceptor recovers with must be no less.
 */
import { type AcceptorProtocol, type AcceptorStatus, type Ballot, compareBallots } from '@troupe/consensus'
import { type ActorContext, type ActorRef, defineActor } from '@troupe/core'

/** An acceptor as the probe sees it. */
interface Stream {
  readonly acceptor: ActorRef<AcceptorProtocol>
  ballot: Ballot
  promised: boolean
  /** True when something arrived since the last tick. */
  moved: boolean
  acknowledged: AcceptorStatus
}

/** What the probe has to know. */
export interface ProbeArguments {
  readonly instance: string
  readonly acceptors: readonly { readonly id: string; readonly acceptor: ActorRef<AcceptorProtocol> }[]
}

type Reply = { readonly ballot: Ballot; readonly from: string }
type ProbeProtocol = {
  promise: (message: Reply) => void
  accepted: (message: Reply) => void
  nack: (message: object) => void
  decided: (message: object) => void
  tick: () => void
  /** What each acceptor has acknowledged, by id, and how many acknowledgements there were in all. */
  acknowledged: () => { readonly byAcceptor: ReadonlyMap<string, AcceptorStatus>; readonly count: number }
}
type State = { readonly instance: string; readonly streams: Map<string, Stream>; count: number }

/** The id under which the probe draws ballots. */
export const probeId = 'probe'
const tickMs = 20

/** The value of the ballot with that number. */
export const probeValue = (n: number) => `value of ballot ${n}`

export const AcceptorProbe = defineActor<ProbeProtocol>()({
  name: 'AcceptorProbe',
  module: import.meta.url,
  init: ({ instance, acceptors }: ProbeArguments): State => ({
    instance,
    streams: new Map(
      acceptors.map(({ id, acceptor }) => [
        id,
        { acceptor, ballot: ballotOf(1), promised: false, moved: false, acknowledged: {} },
      ]),
    ),
    count: 0,
  }),
  started(state, ctx) {
    for (const stream of state.streams.values()) send(state, stream, ctx)
    ctx.timers.once({ key: 'tick', delayMs: tickMs }, 'tick')
  },
  on: {
    promise(state, { ballot, from }, ctx) {
      const stream = state.streams.get(from)
      if (stream === undefined || stream.promised || compareBallots(ballot, stream.ballot) !== 0) return
      state.count++
      stream.moved = true
      stream.promised = true
      stream.acknowledged = { ...stream.acknowledged, promised: ballot }
      send(state, stream, ctx)
    },
    accepted(state, { ballot, from }, ctx) {
      const stream = state.streams.get(from)
      if (stream === undefined || compareBallots(ballot, stream.ballot) !== 0) return
      state.count++
      stream.moved = true
      stream.acknowledged = { promised: ballot, accepted: { ballot, value: probeValue(ballot.n) } }
      stream.promised = false
      stream.ballot = ballotOf(ballot.n + 1)
      send(state, stream, ctx)
    },
    // Every acceptor's ballots come from here, in rising order: there is nothing to be refused.
    nack() {
      throw new Error('an acceptor refused a ballot that nobody outbid')
    },
    decided() {},
    tick(state, _message, ctx) {
      for (const stream of state.streams.values()) {
        if (!stream.moved) send(state, stream, ctx)
        stream.moved = false
      }
      ctx.timers.once({ key: 'tick', delayMs: tickMs }, 'tick')
    },
    acknowledged: ({ streams, count }) => ({
      byAcceptor: new Map([...streams].map(([id, { acknowledged }]) => [id, acknowledged])),
      count,
    }),
  },
})

function ballotOf(n: number): Ballot {
  return { n, priority: 0, node: probeId }
}

function send({ instance }: State, { acceptor, ballot, promised }: Stream, ctx: ActorContext): void {
  if (promised) ctx.tell(acceptor, 'accept', { instance, ballot, value: probeValue(ballot.n) })
  else ctx.tell(acceptor, 'prepare', { instance, ballot })
}
