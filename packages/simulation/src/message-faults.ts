/**
 * What becomes of messages between nodes: drawn by chance, or as a plan says. The chances have a stream of their own, so
 * that the latencies of all other messages stay as they are when a fault is taken away.
 */
import type { RandomStream } from '@troupe/core'
import type { FaultKind } from './fault-knobs.ts'
import type { PlannedMessageFault } from './fault-plan.ts'

type Kind = PlannedMessageFault['kind']

/** Faults that a recording keeps; a run with more cannot be repeated from its plan, and says so. */
export const recordedFaultsMax = 200_000

/** What the faults of messages are decided by. */
export interface MessageFaultOptions {
  readonly random: RandomStream
  /** How long a delayed message takes, drawn from that stream. */
  readonly delayMs: (random: RandomStream) => number
  readonly inject: (kind: FaultKind) => void
  /** Where the faults that strike are written down. */
  readonly recorded?: PlannedMessageFault[] | undefined
  /** Strikes exactly these instead of drawing. */
  readonly planned?: readonly PlannedMessageFault[] | undefined
}

export class MessageFaultSource {
  readonly #options: MessageFaultOptions
  #planned: Map<string, Map<Kind, number>> | undefined
  /** Messages so far by link and name; counted only where a plan is followed or written. */
  readonly #counts: Map<string, number> | undefined
  #from = ''
  #to = ''
  #message = ''
  #nth = 0

  constructor(options: MessageFaultOptions) {
    this.#options = options
    if (options.planned !== undefined) this.#planned = byMessage(options.planned)
    if (options.planned !== undefined || options.recorded !== undefined) this.#counts = new Map()
  }

  /** The next questions are about this message; called once for each message between nodes that may fail. */
  meet(from: string, to: string, message: string): void {
    if (this.#counts === undefined) return
    const key = `${from}>${to} ${message}`
    this.#nth = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, this.#nth)
    this.#from = from
    this.#to = to
    this.#message = message
  }

  /** Whether the message meets this fault, and how long it then takes; `undefined`: it does not. */
  strike(kind: Kind, probability: number): number | undefined {
    const delayMs = this.#planned === undefined ? this.#draw(kind, probability) : this.#lookUp(kind)
    if (delayMs === undefined) return undefined
    const { inject, recorded } = this.#options
    inject(kind)
    if (recorded !== undefined && recorded.length <= recordedFaultsMax) {
      recorded.push({ kind, from: this.#from, to: this.#to, message: this.#message, nth: this.#nth, delayMs })
    }
    return delayMs
  }

  #draw(kind: Kind, probability: number): number | undefined {
    const { random, delayMs } = this.#options
    if (probability === 0 || !random.chance(probability)) return undefined
    return kind === 'loss' ? 0 : delayMs(random)
  }

  #lookUp(kind: Kind): number | undefined {
    return this.#planned?.get(`${this.#from}>${this.#to} ${this.#message} ${this.#nth}`)?.get(kind)
  }

  /** Nothing of a plan strikes any more: the network was healed. */
  heal(): void {
    if (this.#planned !== undefined) this.#planned = new Map()
  }

  /** From now on chance decides, also where a plan did. */
  leaveToChance(): void {
    this.#planned = undefined
  }
}

function byMessage(planned: readonly PlannedMessageFault[]): Map<string, Map<Kind, number>> {
  const faults = new Map<string, Map<Kind, number>>()
  for (const { kind, from, to, message, nth, delayMs } of planned) {
    const key = `${from}>${to} ${message} ${nth}`
    const kinds = faults.get(key) ?? new Map<Kind, number>()
    kinds.set(kind, delayMs)
    faults.set(key, kinds)
  }
  return faults
}
