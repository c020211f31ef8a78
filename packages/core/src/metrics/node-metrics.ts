/**
 * The metrics of one node as they are counted. The clock is read once for each turn, at its end, which is the begin of
 * the next one of the same run; what is delivered meanwhile carries that time.
 */
import type { ActorCell } from '../actor-cell.ts'
import type { DeadLetterReason } from '../effects.ts'
import type { Envelope } from '../envelope.ts'
import { TroupeError } from '../errors.ts'
import { Histogram } from './histogram.ts'
import type { MetricsClock } from './metrics-clock.ts'
import type { DefinitionMetrics, NodeMetricsData } from './metrics-data.ts'

/** Every so many turns a mailbox is looked at; a power of two. */
const sampleTurns = 64
const nsPerMs = 1e6

/** What is counted of the actors of one definition. */
export class DefinitionCounters {
  readonly definition: string
  spawned = 0
  turns = 0
  failures = 0
  restarts = 0
  readonly turnNs = new Histogram()
  readonly mailboxDepth = new Histogram()
  readonly mailboxAgeUs = new Histogram()

  constructor(definition: string) {
    this.definition = definition
  }
}

export class NodeMetrics {
  readonly #clock: MetricsClock
  readonly #definitions = new Map<string, DefinitionCounters>()
  readonly #deadLetters: Partial<Record<DeadLetterReason, number>> = {}
  readonly #asksEnded: Record<string, number> = {}
  #turns = 0
  #askCount = 0
  /** The time of the last reading; exact while `#inRun`. */
  #nowNs = 0
  #inRun = false

  constructor(clock: MetricsClock) {
    this.#clock = clock
  }

  /** A run of turns begins. */
  runBegins(): void {
    this.#nowNs = this.#clock.nowNs()
    this.#inRun = true
  }

  runEnds(): void {
    this.#inRun = false
  }

  /** A turn begins: its time, for {@link turnEnds}. */
  turnBegins(cell: ActorCell): number {
    const counters = this.#of(cell)
    counters.turns++
    if ((++this.#turns & (sampleTurns - 1)) === 0) {
      const { mailbox } = cell
      counters.mailboxDepth.record(mailbox.length)
      counters.mailboxAgeUs.record(this.#ageUs(mailbox.peek()))
    }
    return this.#nowNs
  }

  /** A turn that began at `beganNs` is over. */
  turnEnds(cell: ActorCell, beganNs: number): void {
    this.#nowNs = this.#clock.nowNs()
    this.#of(cell).turnNs.record(this.#nowNs - beganNs)
  }

  /** Notes on a message when it was put into a mailbox. */
  stamp(envelope: Envelope): void {
    if (!this.#inRun) this.#nowNs = this.#clock.nowNs()
    // 0 means that nobody measured; one microsecond more does no harm.
    envelope.atUs = Math.floor(this.#nowNs / 1_000) | 0 || -1
  }

  spawned(cell: ActorCell): void {
    this.#of(cell).spawned++
  }

  failed(cell: ActorCell): void {
    this.#of(cell).failures++
  }

  restarted(cell: ActorCell): void {
    this.#of(cell).restarts++
  }

  deadLetter(reason: DeadLetterReason): void {
    this.#deadLetters[reason] = (this.#deadLetters[reason] ?? 0) + 1
  }

  askOpened(): void {
    this.#askCount++
  }

  askEnded(error: Error | undefined): void {
    const outcome = error === undefined ? 'reply' : error instanceof TroupeError ? error.code : 'failure'
    this.#asksEnded[outcome] = (this.#asksEnded[outcome] ?? 0) + 1
  }

  /** What was counted so far, and what the living `cells` hold now. */
  data(
    node: { readonly node: string; readonly epoch: number },
    cells: Iterable<ActorCell>,
    open: number,
  ): NodeMetricsData {
    this.#nowNs = this.#clock.nowNs()
    const now = new Map<string, { living: number; waiting: number; oldestUs: number }>()
    for (const cell of cells) {
      const { name } = cell.definition
      const entry = now.get(name) ?? { living: 0, waiting: 0, oldestUs: 0 }
      now.set(name, entry)
      entry.living++
      entry.waiting += cell.mailbox.length
      entry.oldestUs = Math.max(entry.oldestUs, this.#ageUs(cell.mailbox.peek()))
    }
    const definitions = [...this.#definitions.values()].map((counters): DefinitionMetrics => {
      const { definition, spawned, turns, failures, restarts, turnNs, mailboxDepth, mailboxAgeUs } = counters
      const { living = 0, waiting = 0, oldestUs = 0 } = now.get(definition) ?? {}
      return {
        definition,
        spawned,
        living,
        turns,
        failures,
        restarts,
        waiting,
        oldestWaitingMs: oldestUs / 1_000,
        turnMs: turnNs.data(1 / nsPerMs),
        mailboxDepth: mailboxDepth.data(),
        mailboxAgeMs: mailboxAgeUs.data(1 / 1_000),
      }
    })
    return {
      node: node.node,
      epoch: node.epoch,
      turns: this.#turns,
      deadLetters: { ...this.#deadLetters },
      asks: { opened: this.#askCount, open, ended: { ...this.#asksEnded } },
      definitions,
    }
  }

  /** How long a message has waited. The difference of the stamps is right for half an hour, also where they overflow. */
  #ageUs(envelope: Envelope | undefined): number {
    if (envelope === undefined || envelope.atUs === 0) return 0
    return Math.max(0, (Math.floor(this.#nowNs / 1_000) - envelope.atUs) | 0)
  }

  #of(cell: ActorCell): DefinitionCounters {
    let { counters } = cell
    if (counters === undefined) {
      const { name } = cell.definition
      counters = this.#definitions.get(name) ?? new DefinitionCounters(name)
      this.#definitions.set(name, counters)
      cell.counters = counters
    }
    return counters
  }
}
