/**
 * What the replicas of a log have promised beside their votes, held against them from outside: whom they know, that they may
 * vote, and that they promise nobody else anything while a lease of theirs runs. Each of these left a replica in a message,
 * so that it is durable there, or should be; one that is back with less has broken its word.
 *
 * The observer is fed with what left (`sent`), with the states after every step (`check`), and with the replicas whose disks
 * were lost (`wiped`): those may have forgotten, and must not vote.
 */
import { isVoter } from './configuration.ts'
import { standingOf } from './introducing.ts'
import { LogViolationError } from './invariants.ts'
import { compareLogBallots, type LogBallot, logBallotKey } from './log-ballot.ts'
import type {
  AcceptedLog,
  Introduced,
  PrepareLog,
  PromisedLog,
  ReadAck,
  ReadProbe,
  ReleasedLeases,
} from './messages.ts'
import { ReplicaRecords } from './replica-records.ts'
import type { ReplicaState } from './replica-state.ts'

/** The invariants by name. */
export type LogPledgeInvariant =
  | 'an introduction is kept'
  | 'a voter stays one'
  | 'one identity votes under an id'
  | 'who lost nothing is not refused'
  | 'a lease is kept'

/** A lease that a replica gave. */
interface Lease {
  readonly ballot: LogBallot
  readonly probe: number
  /** The end of what the leader may take it for, in milliseconds of real time. */
  readonly untilMs: number
}

/** What one replica has said. */
interface Pledges {
  /** By the identity of another replica: the last configuration in which it said that it knows it. */
  readonly knows: Map<string, number>
  /** The last configuration in which it said what only a voter says. */
  votedIn: number
  /** The last configuration in which it is known which one has voted. */
  identifiedIn: number
  /** In the order in which they were given: those that are over are dropped when another one is. */
  readonly leases: Lease[]
}

/** A probe that asked for leases, and when it was sent first. */
interface Probe {
  readonly ballot: LogBallot
  readonly id: number
  readonly sentMs: number
}

/** What was looked at of a replica. */
class Looked {
  config = 0
  knownIn = 0
}

/** Probes whose times are remembered, at most: far more than there are while one lease runs. */
const probesMax = 1_024

/** Watches one log. Its methods throw a {@link LogViolationError}, whose `facts.invariant` is a {@link LogPledgeInvariant}. */
export class LogPledgeObserver {
  /** The names of the messages that `sent` wants. */
  static readonly messages: readonly string[] = [
    'introduced',
    'prepare',
    'promise',
    'accepted',
    'readProbe',
    'readAck',
    'takeOver',
  ]
  readonly #clockDriftMax: number
  readonly #pledges = new Map<string, Pledges>()
  readonly #wiped = new Set<string>()
  /** By configuration and id, the identity that has voted: its word was synced before its vote left. */
  readonly #voters = new Map<string, string>()
  /** By id, the configuration and the identity that a replica was seen with last. */
  readonly #identities = new Map<string, { readonly config: number; readonly identity: string }>()
  readonly #seen = new ReplicaRecords<Looked>()
  /** By ballot and number: when a probe was sent first. */
  readonly #probes = new Map<string, number>()
  /** The probe that was sent last: it goes to all voters at once, and their answers are to that one. */
  #lastProbe: Probe | undefined
  /** By ballot: the probes up to this one brought leases that were given up. */
  readonly #released = new Map<string, number>()

  /** `clockDriftMax`: that of the log's options. */
  constructor({ clockDriftMax }: { readonly clockDriftMax: number }) {
    this.#clockDriftMax = clockDriftMax
  }

  /** A message left a replica, at that time in real milliseconds; those of other protocols are ignored. */
  sent(message: string, payload: unknown, nowMs: number): void {
    if (message === 'introduced') this.#introduced(payload as Introduced)
    else if (message === 'prepare') this.#prepares(payload as PrepareLog, nowMs)
    else if (message === 'promise')
      this.#promises((payload as PromisedLog).from, (payload as PromisedLog).ballot, nowMs)
    else if (message === 'accepted') this.#votes((payload as AcceptedLog).from, (payload as AcceptedLog).ballot)
    else if (message === 'readProbe') this.#probed(payload as ReadProbe, nowMs)
    else if (message === 'readAck') this.#lends(payload as ReadAck, nowMs)
    else if (message === 'takeOver') this.#releases(payload as ReleasedLeases)
  }

  /** The disk of replica `id` was lost. */
  wiped(id: string): void {
    this.#wiped.add(id)
    this.#pledges.delete(id)
  }

  /** The states of the replicas that are up, after a step. */
  check(states: Iterable<ReplicaState>): void {
    for (const state of states) {
      const { id, refusedBy, configuration, knownIn } = state
      const { number: config } = configuration
      // Back from its journal, and not begun yet: it has what it stored, and is still to apply what of that is decided.
      if (state.applied < state.decided) continue
      if (refusedBy !== undefined && !this.#wiped.has(id)) {
        const what = `${id} is refused by ${refusedBy}, and its disk was never lost`
        throw new LogViolationError('who lost nothing is not refused', what, { id, refusedBy, config })
      }
      const seen = this.#seen.of(state) ?? this.#seen.add(state, new Looked())
      if (seen.config === config && seen.knownIn === knownIn) continue
      this.#checkBack(state)
      seen.config = config
      seen.knownIn = knownIn
      this.#checkIdentity(state)
    }
  }

  #introduced({ config, from, identity }: Introduced): void {
    const { knows } = this.#pledgesOf(from)
    knows.set(identity, Math.max(config, knows.get(identity) ?? 0))
  }

  #votes(id: string, { config }: LogBallot): Pledges {
    const pledges = this.#pledgesOf(id)
    pledges.votedIn = Math.max(config, pledges.votedIn)
    if (pledges.identifiedIn === config) return pledges
    const seen = this.#identities.get(id)
    if (seen?.config !== config) return pledges
    pledges.identifiedIn = config
    const key = `${config}.${id}`
    if (!this.#voters.has(key)) this.#voters.set(key, seen.identity)
    return pledges
  }

  #probed({ ballot, id, leaseMs = 0 }: ReadProbe, nowMs: number): void {
    if (leaseMs <= 0 || isProbe(this.#lastProbe, ballot, id)) return
    const key = probeKey(ballot, id)
    const sentMs = this.#probes.get(key)
    this.#lastProbe = { ballot, id, sentMs: sentMs ?? nowMs }
    if (sentMs !== undefined) return
    this.#probes.set(key, nowMs)
    for (const oldest of this.#probes.keys()) {
      if (this.#probes.size <= probesMax) break
      this.#probes.delete(oldest)
    }
  }

  /** Nobody takes a lease for longer than from when its probe left, by a clock that is as slow as it may be. */
  #lends({ ballot, from, id: probe, leaseMs = 0 }: ReadAck, nowMs: number): void {
    if (leaseMs <= 0) return
    const sentMs = this.#sentMs(ballot, probe)
    if (sentMs === undefined) return
    const { leases } = this.#pledgesOf(from)
    while (leases[0] !== undefined && leases[0].untilMs <= nowMs) leases.shift()
    leases.push({ ballot, probe, untilMs: sentMs + leaseMs / (1 + this.#clockDriftMax) })
  }

  #sentMs(ballot: LogBallot, probe: number): number | undefined {
    const last = this.#lastProbe
    return isProbe(last, ballot, probe) ? last?.sentMs : this.#probes.get(probeKey(ballot, probe))
  }

  #releases({ ballot, probe }: ReleasedLeases): void {
    const key = logBallotKey(ballot)
    this.#released.set(key, Math.max(probe, this.#released.get(key) ?? 0))
  }

  /** A replica that stands for election has promised itself. */
  #prepares({ ballot }: PrepareLog, nowMs: number): void {
    this.#promises(ballot.node, ballot, nowMs)
  }

  #promises(id: string, ballot: LogBallot, nowMs: number): void {
    const { leases } = this.#votes(id, ballot)
    for (const { ballot: lent, probe, untilMs } of leases) {
      // Whoever stands under another ballot has left the one before; the end of a configuration ends its leases.
      if (untilMs <= nowMs || lent.node === ballot.node || compareLogBallots(ballot, lent) < 0) continue
      if (lent.config !== ballot.config || probe <= (this.#released.get(logBallotKey(lent)) ?? -1)) continue
      const what = `${id} promises ${ballot.node} while a lease of it to ${lent.node} runs`
      throw new LogViolationError('a lease is kept', what, { id, ballot, lent, probe, untilMs, nowMs })
    }
  }

  /** A replica is back, has begun, or may vote in another configuration than before. */
  #checkBack(state: ReplicaState): void {
    const { id, configuration, identities } = state
    const { number: config, members } = configuration
    const { knows, votedIn } = this.#pledgesOf(id)
    const known = new Set([...identities.values(), ...members.map(({ identity }) => identity)])
    for (const [identity, saidIn] of knows) {
      if (saidIn !== config || known.has(identity)) continue
      const what = `${id} said that it knows ${identity}, and is back without`
      throw new LogViolationError('an introduction is kept', what, { id, identity, config })
    }
    if (votedIn !== config || standingOf(state) === 'voter') return
    const what = `${id} voted in configuration ${config}, and is back as one that may not`
    throw new LogViolationError('a voter stays one', what, { id, config, standing: standingOf(state) })
  }

  /**
   * A voter without others votes at once, before its word is synced. One that loses it then has said nothing to anybody, and
   * may begin anew: what counts is whose vote left.
   */
  #checkIdentity(state: ReplicaState): void {
    const { id, identity, configuration } = state
    if (identity === undefined || !isVoter(configuration, id) || standingOf(state) !== 'voter') return
    const { number: config } = configuration
    const voter = this.#voters.get(`${config}.${id}`)
    if (voter !== undefined && voter !== identity) {
      const what = `two replicas vote as ${id} in configuration ${config}`
      throw new LogViolationError('one identity votes under an id', what, { id, identity, voter })
    }
    this.#identities.set(id, { config, identity })
  }

  #pledgesOf(id: string): Pledges {
    let pledges = this.#pledges.get(id)
    if (pledges === undefined) {
      pledges = { knows: new Map(), votedIn: 0, identifiedIn: 0, leases: [] }
      this.#pledges.set(id, pledges)
    }
    return pledges
  }
}

function isProbe(probe: Probe | undefined, ballot: LogBallot, id: number): boolean {
  return probe !== undefined && probe.id === id && compareLogBallots(probe.ballot, ballot) === 0
}

function probeKey(ballot: LogBallot, probe: number): string {
  return `${logBallotKey(ballot)}#${probe}`
}
