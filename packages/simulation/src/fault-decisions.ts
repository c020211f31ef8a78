/**
 * Decides what befalls single things (a message, a disk operation, a start of a node, a passage of a fault point): by
 * chance, or as a plan says. Chances come from one stream for each kind, details from a stream of the decision's own, so
 * that a fault that is taken away leaves the others as they were. Messages, of which there are most, are counted only
 * where a plan is followed or written.
 */
import { ConfigurationError, type RandomSource, type RandomStream } from '@troupe/core'
import type { FaultKind } from './fault-knobs.ts'
import type { PlannedStrike, StrikeKind } from './run-plan.ts'

/** The kinds that befall a message. */
export type MessageFaultKind = 'loss' | 'duplicate' | 'reorder'

/** The probabilities of what happens to a message between two nodes. */
export interface MessageFaults {
  readonly loss: number
  readonly duplicate: number
  readonly reorder: number
}

/** Decisions that a recording keeps; a run with more cannot be repeated from its plan, and says so. */
const recordedMax = 200_000

/** What decisions are made with. */
export interface FaultDecisionOptions {
  readonly random: RandomSource
  readonly inject: (kind: FaultKind) => void
  /** How long a copy or an overtaken message takes. */
  readonly messageDelayMs: (random: RandomStream) => number
  /** Where what strikes is written down. */
  readonly recorded?: PlannedStrike[] | undefined
  /** Exactly these strike, instead of chance. */
  readonly planned?: readonly PlannedStrike[] | undefined
  /**
   * Counts the things of every kind from the start, also while the kind cannot strike: chance may take over from a plan
   * later, and its strikes are known by numbers that a plan of the whole run has too. Default: counts what it needs.
   */
  readonly countsAll?: boolean
}

/** One kind of fault where it may strike again and again: how often that was decided, and by what chance. */
class Striking {
  readonly kind: StrikeKind | ''
  nth = 0
  chance: RandomStream | undefined = undefined

  constructor(kind: StrikeKind | '') {
    this.kind = kind
  }
}

/** Something that faults may strike again and again, such as a file; got once from {@link FaultDecisions.site}. */
export class StrikeSite {
  readonly name: string
  readonly #strikings: Striking[] = []

  constructor(name: string) {
    this.name = name
  }

  /** Of the few kinds that may strike here. Messages have none. */
  of(kind: StrikeKind | ''): Striking {
    const strikings = this.#strikings
    for (let index = 0; index < strikings.length; index++) {
      const striking = strikings[index] as Striking
      if (striking.kind === kind) return striking
    }
    const striking = new Striking(kind)
    strikings.push(striking)
    return striking
  }
}

export class FaultDecisions {
  readonly #options: FaultDecisionOptions
  readonly #messageRandom: RandomStream
  readonly #chances = new Map<StrikeKind, RandomStream>()
  /** By kind, then by site and number. */
  #planned: ReadonlyMap<StrikeKind, ReadonlyMap<string, PlannedStrike>> | undefined
  /** Where things are counted. */
  readonly #sites = new Map<string, StrikeSite>()
  readonly #countsMessages: boolean
  #site = ''
  #nth = 0

  constructor(options: FaultDecisionOptions) {
    this.#options = options
    this.#messageRandom = options.random.stream('message faults')
    if (options.planned !== undefined) this.#planned = bySite(options.planned)
    this.#countsMessages = options.planned !== undefined || options.recorded !== undefined
  }

  // Messages.

  /** True when nothing but chance strikes messages, and nobody counts them: one that no chance strikes need not be asked for. */
  get spareMessages(): boolean {
    return !this.#countsMessages && this.#planned === undefined
  }

  /** The next questions are about this message; called once for each message between nodes that may fail. */
  meet(from: string, to: string, message: string): void {
    if (!this.#countsMessages) return
    this.#site = `${message} from ${from} to ${to}`
    this.#nth = ++this.site(this.#site).of('').nth
  }

  /** The first fault that a message meets by chance, which {@link struckByChance} then counts; see {@link spareMessages}. */
  strikingByChance({ loss, duplicate, reorder }: MessageFaults): MessageFaultKind | undefined {
    const random = this.#messageRandom
    // Most are spared.
    if (loss > 0 && random.chance(loss)) return 'loss'
    if (duplicate > 0 && random.chance(duplicate)) return 'duplicate'
    return reorder > 0 && random.chance(reorder) ? 'reorder' : undefined
  }

  /** How long a message takes that met this fault by chance. */
  struckByChance(kind: MessageFaultKind): number {
    return this.#struck(kind, kind === 'loss' ? 0 : this.#options.messageDelayMs(this.#messageRandom))
  }

  /** Whether the message meets this fault, and how long it then takes; `undefined`: it does not. */
  strikesMessage(kind: MessageFaultKind, probability: number): number | undefined {
    if (this.#planned === undefined) {
      if (probability === 0 || !this.#messageRandom.chance(probability)) return undefined
      return this.struckByChance(kind)
    }
    const delayMs = this.#messagePlan(kind)
    return delayMs === undefined ? undefined : this.#struck(kind, delayMs)
  }

  #struck(kind: MessageFaultKind, delayMs: number): number {
    this.#options.inject(kind)
    if (this.#options.recorded !== undefined) {
      this.#record({ kind, site: this.#site, nth: this.#nth, ...(kind === 'loss' ? {} : { delayMs }) })
    }
    return delayMs
  }

  #messagePlan(kind: MessageFaultKind): number | undefined {
    const strike = this.#planned?.get(kind)?.get(key(this.#site, this.#nth))
    return strike === undefined ? undefined : (strike.delayMs ?? 0)
  }

  // All else.

  /** The one of that name. */
  site(name: string): StrikeSite {
    let site = this.#sites.get(name)
    if (site === undefined) {
      site = new StrikeSite(name)
      this.#sites.set(name, site)
    }
    return site
  }

  /** Whether the kind strikes this thing of the site; if it does, the stream of the details. Counts nothing as injected. */
  strikes(kind: StrikeKind, site: StrikeSite, probability: number): RandomStream | undefined {
    const planned = this.#planned
    const isPossible = planned === undefined ? probability > 0 : planned.has(kind)
    if (!isPossible && !this.#options.countsAll) return undefined
    const striking = site.of(kind)
    const nth = ++striking.nth
    if (!isPossible) return undefined
    if (planned !== undefined) {
      if (!planned.get(kind)!.has(key(site.name, nth))) return undefined
    } else {
      striking.chance ??= this.#chance(kind)
      if (!striking.chance.chance(probability)) return undefined
    }
    this.#record({ kind, site: site.name, nth })
    return this.stream(`${kind} at ${site.name} ${nth}`)
  }

  /** The stream of one decision, asked for once. */
  stream(decision: string): RandomStream {
    const { random } = this.#options
    const stream = random.stream(decision)
    random.forget?.(decision)
    return stream
  }

  /** Nothing of a plan strikes any more: the run was healed. */
  heal(): void {
    if (this.#planned !== undefined) this.#planned = new Map()
  }

  /** From now on chance decides, also where a plan did. */
  leaveToChance(): void {
    this.#planned = undefined
  }

  #chance(kind: StrikeKind): RandomStream {
    let stream = this.#chances.get(kind)
    if (stream === undefined) {
      stream = this.#options.random.stream(`faults: ${kind}`)
      this.#chances.set(kind, stream)
    }
    return stream
  }

  #record(strike: PlannedStrike): void {
    const { recorded } = this.#options
    if (recorded === undefined) return
    if (recorded.length >= recordedMax) {
      throw new ConfigurationError(
        `the run has more than ${recordedMax} faults of single things: it cannot be recorded`,
      )
    }
    recorded.push(strike)
  }
}

function key(site: string, nth: number): string {
  return `${site} ${nth}`
}

function bySite(planned: readonly PlannedStrike[]): ReadonlyMap<StrikeKind, ReadonlyMap<string, PlannedStrike>> {
  const kinds = new Map<StrikeKind, Map<string, PlannedStrike>>()
  for (const strike of planned) {
    const sites = kinds.get(strike.kind) ?? new Map<string, PlannedStrike>()
    kinds.set(strike.kind, sites.set(key(strike.site, strike.nth), strike))
  }
  return kinds
}
