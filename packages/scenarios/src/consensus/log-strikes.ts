/**
 * Faults at the worst moments of a replicated log: between a vote and its sync, while a log is adopted, between the two
 * phases of a ballot, while a snapshot is installed, around the end of a configuration, while a lease runs, before others
 * know who a replica is. Chance alone seldom meets them. One member of a run may lose its disk for good.
 */
import type { RandomStream } from '@troupe/core'
import type { SimulatedWorld, TraceEvent } from '@troupe/simulation'

/** Means of exponential distributions, in virtual milliseconds. */
const holdMs = 300
const downMs = 60
const cutMs = 400
/** Short: the lease that was given runs on. */
const restartMs = 15
/** Long enough to catch up, on a disk that takes so many times as long. */
const slowMs = 400
const slowFactor = 50
/** The share of the links of a leader that are held. */
const heldShare = 0.6

/** What is known where a moment has come: the node whose turn it is, and the one that its message came from. */
interface Moment {
  readonly node: string
  readonly from: string | undefined
}

/** The moments by name: the message whose turn it is, or what a replica logs, how often that is struck, and what happens. */
interface Strike {
  readonly message?: string
  /** In the place of a message. These are struck whenever they come, and not in some of the runs only: they are rare. */
  readonly log?: string
  readonly share: number
  /** Only the first of each node. Default `false`. */
  readonly first?: boolean
  /** Members that there have to be for it to come. Default 1. */
  readonly membersMin?: number
  /** Only for such a message. Default: any. */
  readonly when?: (payload: any) => boolean
  /** Returns `false` when it did nothing. */
  readonly strike: (striker: Striker, moment: Moment) => unknown
}

const asksForLease = ({ leaseMs = 0 }: { readonly leaseMs?: number }) => leaseMs > 0

const endsConfiguration = ({ entries }: { readonly entries: readonly { readonly kind: string }[] }) =>
  entries.some(({ kind }) => kind === 'configuration')

/** All strikes by name. */
const logStrikes: Readonly<Record<string, Strike>> = {
  'a vote is not synced yet': {
    message: 'acceptBatch',
    membersMin: 2,
    share: 0.03,
    strike: (striker, { node }) => striker.crash(node),
  },
  'a follower adopts a log': {
    message: 'acceptSync',
    membersMin: 2,
    share: 0.3,
    strike(striker, { node, from }) {
      if (from === undefined) return
      striker.holdFrom(from)
      striker.crash(from)
      if (striker.chance(0.3)) striker.crash(node)
    },
  },
  'an election is won': {
    message: 'promise',
    membersMin: 2,
    share: 0.2,
    strike(striker, { node }) {
      striker.holdFrom(node)
      striker.crash(striker.anyNode())
    },
  },
  'a promise is made': {
    message: 'prepare',
    membersMin: 2,
    share: 0.2,
    strike(striker, { node, from }) {
      striker.crashSoon(node)
      if (from !== undefined && striker.chance(0.5)) striker.holdFrom(from)
    },
  },
  'a snapshot arrives': {
    message: 'snapshotChunk',
    share: 0.1,
    when: ({ last }) => last,
    strike: (striker, { node, from }) => striker.crash(from !== undefined && striker.chance(0.5) ? from : node),
  },
  'a configuration ends': {
    message: 'acceptBatch',
    membersMin: 2,
    share: 0.6,
    when: endsConfiguration,
    strike(striker, { node, from }) {
      if (from === undefined) return
      striker.holdFrom(from)
      if (striker.chance(0.5)) striker.crash(striker.chance(0.7) ? from : node)
    },
  },
  'a change of members is asked for': {
    message: 'reconfigure',
    share: 0.4,
    // It is accepted by few or by nobody else, and others end the configuration elsewhere.
    strike(striker, { node }) {
      if (striker.chance(0.3)) striker.holdFrom(node)
      else striker.cutOff(node)
    },
  },
  'a configuration begins': {
    log: 'configuration',
    share: 0.3,
    strike: (striker, { node }) => (striker.chance(0.5) ? striker.crash(node) : striker.crashSoon(node)),
  },
  'a configuration begins on a slow disk': {
    log: 'configuration',
    share: 0.9,
    strike: (striker, { node }) => striker.isSlow(node) && striker.crashSoon(node),
  },
  'accepted entries are void': {
    log: 'void',
    membersMin: 3,
    share: 0.9,
    // Mostly when it has forgotten them for good, and before it hears from the next leader.
    strike: (striker, { node }) => (striker.chance(0.2) ? striker.crash(node) : striker.crashSoon(node)),
  },
  'a leader counts votes': {
    message: 'accepted',
    share: 0.02,
    strike: (striker, { node }) => striker.cutOff(node),
  },
  'a leader is asked to read': {
    message: 'reads',
    share: 0.1,
    strike: (striker, { node }) => striker.cutOff(node),
  },
  'a replica catches up': {
    message: 'learned',
    share: 0.1,
    strike: (striker, { node }) => (striker.chance(0.5) ? striker.crash(node) : striker.crashSoon(node)),
  },
  'a successor is named': {
    message: 'takeOver',
    membersMin: 2,
    share: 0.5,
    strike: (striker, { node }) => striker.crash(node),
  },
  'a round of heartbeats begins': {
    message: 'tick',
    share: 0.003,
    strike: (striker, { node }) => striker.crash(node),
  },
  'a first lease is given': {
    message: 'readProbe',
    membersMin: 2,
    first: true,
    share: 0.7,
    when: asksForLease,
    strike: (striker, { node, from }) => striker.endLease(node, from),
  },
  'a lease is given': {
    message: 'readProbe',
    membersMin: 2,
    share: 0.05,
    when: asksForLease,
    strike: (striker, { node, from }) => striker.endLease(node, from),
  },
  'a replica begins on a slow disk': {
    message: 'started',
    first: true,
    share: 0.8,
    // It may catch up, and crash, before its identity is stored: nobody is to hear of that until then.
    strike: (striker, { node }) => striker.slowDisk(node),
  },
  'a replica begins': {
    message: 'started',
    first: true,
    share: 0.3,
    strike: (striker, { node }) => striker.crash(node),
  },
  'a replica is introduced': {
    message: 'introduce',
    share: 0.1,
    strike: (striker, { node }) => striker.crash(node),
  },
  'a voter loses its disk': {
    message: 'accepted',
    membersMin: 3,
    share: 0.01,
    // Its vote has come to count.
    strike: (striker, { from }) => from !== undefined && striker.loseDisk(from),
  },
  'a client sends commands': {
    message: 'commands',
    share: 0.04,
    // They come again, to another replica or to one that is back: what they came to is held up on its way.
    strike(striker, { node, from }) {
      if (from !== undefined && from !== node) striker.hold(node, from)
      striker.crashSoon(striker.anyNode())
      if (striker.chance(0.5)) striker.crashSoon(node)
    },
  },
}

/** All moments by name, and how many members there have to be for each to come. */
export const logMoments: ReadonlyMap<string, { readonly membersMin: number }> = new Map(
  Object.entries(logStrikes).map(([name, { membersMin = 1 }]) => [name, { membersMin }]),
)

/** What is struck, until when, and who is to hear of a disk that was lost. */
export interface LogStrikes {
  /** The name of the replicas' definition. */
  readonly definition: string
  readonly untilMs: number
  /** One disk may be lost: the others are enough for every quorum. */
  readonly mayLoseDisk: boolean
  readonly onDiskLost: (node: string) => void
}

/** One strike of a run, at a message. */
interface Chosen extends Pick<Strike, 'share' | 'strike'> {
  readonly name: string
  readonly first: boolean
  readonly when: ((payload: any) => boolean) | undefined
  /** The nodes where it has come, of one that is struck at the first time only. */
  readonly met: Set<string>
}

/** Strikes the replicas at some of the moments. Returns the names of those that struck. */
export function strikeLog(world: SimulatedWorld, strikes: LogStrikes): ReadonlySet<string> {
  const { definition, untilMs } = strikes
  const struck = new Set<string>()
  const striker = new Striker(world, strikes)
  // Each run has some of the strikes, so that they do not hide one another.
  const chosen = Object.entries(logStrikes).filter(({ 1: { log } }) => log !== undefined || world.random.chance(0.6))
  const ofTurns = chosen.filter(([, { message }]) => message !== undefined)
  const byMessage = new Map<string, Chosen[]>()
  for (const [name, about] of ofTurns) {
    const message = about.message as string
    const those = byMessage.get(message) ?? []
    byMessage.set(message, those)
    const { share, first = false, when, strike } = about
    those.push({ name, share, first, when, strike, met: new Set() })
  }
  let nextMs = 0
  const strikeAt = (event: TraceEvent) => {
    if (event.type !== 'turn' || event.definition !== definition) return
    const now = world.now()
    if (now >= untilMs) return
    const those = byMessage.get(event.message)
    if (those === undefined) return
    const { node } = event.ref
    for (const { name, share, first, when, strike, met } of those) {
      if (when !== undefined && !when(event.payload)) continue
      if (first ? met.has(node) : now < nextMs) continue
      if (first) met.add(node)
      if (!world.random.chance(share)) continue
      const from = event.sender?.node
      if (strike(striker, { node, from: world.nodes.includes(from ?? '') ? from : undefined }) === false) continue
      struck.add(name)
      nextMs = now + striker.draw(300)
      return
    }
  }
  world.observe(strikeAt, { only: ['turn'], messages: [...byMessage.keys()] })
  world.events.on('log', ({ node, message }) => {
    if (world.now() >= untilMs) return
    for (const [name, { log, share, strike }] of chosen) {
      if (log !== message || !world.random.chance(share)) continue
      if (strike(striker, { node, from: undefined }) !== false) struck.add(name)
    }
  })
  return struck
}

/** What strikes do, each for a time of its own. */
class Striker {
  readonly #world: SimulatedWorld
  readonly #random: RandomStream
  readonly #onDiskLost: (node: string) => void
  /** The nodes whose disks are slow. */
  readonly #slow = new Set<string>()
  #mayLoseDisk: boolean

  constructor(world: SimulatedWorld, { mayLoseDisk, onDiskLost }: LogStrikes) {
    this.#world = world
    this.#random = world.random
    this.#mayLoseDisk = mayLoseDisk
    this.#onDiskLost = onDiskLost
  }

  chance(share: number): boolean {
    return this.#random.chance(share)
  }

  /** A draw of that mean, ten times the mean at most. */
  draw(meanMs: number): number {
    return Math.min(10 * meanMs, -meanMs * Math.log(1 - this.#random.float()))
  }

  anyNode(): string {
    return this.#random.pick(this.#world.nodes)
  }

  /** Right after the turn, before what it wrote is synced. */
  crash(node: string): void {
    this.#crashAt(node, this.#world.now())
  }

  /** A little later, when what the turn wrote has left. */
  crashSoon(node: string): void {
    this.#crashAt(node, this.#world.now() + this.draw(8))
  }

  /** For a while hardly anything that the node writes is synced. */
  slowDisk(node: string): void {
    const spell = this.#world.slowDisk(node, slowFactor)
    this.#slow.add(node)
    const end = () => {
      spell.end()
      this.#slow.delete(node)
    }
    this.#during({ end }, this.draw(slowMs))
  }

  isSlow(node: string): boolean {
    return this.#slow.has(node)
  }

  /** Who gave a lease is back before it has run out; the leader dies, or sees nobody and goes on with what it was lent. */
  endLease(lender: string, leader: string | undefined): void {
    this.#crashAt(lender, this.chance(0.5) ? this.#world.now() : this.#world.now() + this.draw(8), restartMs)
    if (leader === undefined) return
    if (this.chance(0.7)) this.crash(leader)
    else this.cutOff(leader)
  }

  /** A node comes back with nothing, once in a run. */
  loseDisk(node: string): boolean {
    if (!this.#mayLoseDisk) return false
    this.#mayLoseDisk = false
    this.#world.crash(node)
    this.#world.wipeDisk(node)
    this.#onDiskLost(node)
    const backMs = this.#world.now() + this.draw(downMs)
    this.#world.at(backMs).restart(node)
    return true
  }

  /** What a node sends to another one waits. */
  hold(node: string, to: string): void {
    this.#during(this.#world.hold([node], [to]), this.draw(holdMs))
  }

  /** What a node sends to some of the others waits, for each a time of its own. */
  holdFrom(node: string): void {
    for (const to of this.#world.nodes) {
      if (to !== node && this.chance(heldShare)) this.hold(node, to)
    }
  }

  /** A node and the others do not see each other, for long enough to elect another leader; the program sees both. */
  cutOff(node: string): void {
    const others = this.#world.nodes.filter((other) => other !== node)
    const cut = this.#world.partition([node], others)
    this.#during({ end: () => cut.heal() }, cutMs + this.draw(cutMs))
  }

  #during(spell: { end(): void }, ms: number): void {
    void this.#world.sleep(ms).then(() => spell.end())
  }

  #crashAt(node: string, atMs: number, meanMs: number = downMs): void {
    this.#world.at(atMs).crash(node).after(this.draw(meanMs)).restart(node)
  }
}
