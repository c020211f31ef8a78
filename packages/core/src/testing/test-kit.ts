/**
 * The test kit: a local system in virtual time, with probes, and a record of what failed and what found nobody.
 */
import type { ActorDefinition, ArgsOf, ProtocolOf } from '../actor-definition.ts'
import { refKey } from '../actor-ref.ts'
import type { ActorHandle, SystemSpawnOptions } from '../actor-system.ts'
import type { DeadLetter } from '../effects.ts'
import type { LogEntry, SystemEvents } from '../event-stream.ts'
import { LocalSystem, type LocalSystemOptions } from '../local-system.ts'
import type { NodeKernel } from '../node-kernel.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import { ExpectationError } from './expectation-error.ts'
import { show } from './match.ts'
import { Probe } from './probe.ts'

/** Options of a test kit: those of the local host, whose time is virtual here. */
export type TestKitOptions = Omit<LocalSystemOptions, 'realTime'>

type Failure = SystemEvents['failure'][0]

/** What may go wrong in a test without failing it. */
type Trouble = 'failures' | 'deadLetters'

const troubleShownMax = 5

class KitSystem extends LocalSystem {
  get node(): NodeKernel {
    return this.kernel
  }
}

export class TestKit implements AsyncDisposable {
  /** The system, for what the kit does not do itself. */
  readonly system: LocalSystem
  /** Turns that failed and messages that found no handler, until they are taken; and all that was logged. */
  readonly failures: Failure[] = []
  readonly deadLetters: DeadLetter[] = []
  readonly logs: LogEntry[] = []
  readonly #kernel: NodeKernel
  readonly #allowed = new Set<Trouble>()

  /** Use {@link createTestKit}. */
  constructor(options: TestKitOptions = {}) {
    const system = new KitSystem(options)
    this.system = system
    this.#kernel = system.node
    system.events.on('failure', (failure) => this.failures.push(failure))
    system.events.on('deadLetter', (letter) => this.deadLetters.push(letter))
    system.events.on('log', (entry) => this.logs.push(entry))
  }

  /** Starts an actor; see `ActorSystem.spawn`. */
  spawn<Definition extends ActorDefinition<any, any>>(
    definition: Definition,
    args: ArgsOf<Definition>,
    options?: SystemSpawnOptions,
  ): Promise<ActorHandle<ProtocolOf<Definition>>> {
    return this.system.spawn(definition, args, options)
  }

  /** A probe that stands for an actor of `Protocol`; with a name it is found by it. */
  probe<Protocol = any>(name?: string): Probe<Protocol> {
    const kernel = this.#kernel
    return new Probe<Protocol>(
      { kernel, until: (arrived, withinMs) => this.#until(arrived, withinMs), trouble: () => this.#trouble() },
      name,
    )
  }

  /** Virtual milliseconds since the kit was made. */
  now(): number {
    return this.#kernel.now()
  }

  /** Runs what is due, then moves time by `ms`, running every timer on the way at its time. */
  advance(ms: number): Promise<void> {
    return this.system.advance(ms)
  }

  /** Resolves when no actor has anything to do but wait for time or for the outside world. */
  idle(): Promise<void> {
    return this.system.idle()
  }

  /** The failed turns so far, which the test expects; they are forgotten. */
  async takeFailures(): Promise<Failure[]> {
    await this.idle()
    return this.failures.splice(0)
  }

  /** The dead letters so far, which the test expects; they are forgotten. */
  async takeDeadLetters(): Promise<DeadLetter[]> {
    await this.idle()
    return this.deadLetters.splice(0)
  }

  /** From now on {@link TestKit.check} does not mind failed turns, or dead letters. */
  allow(...trouble: Trouble[]): void {
    for (const kind of trouble) this.#allowed.add(kind)
  }

  /** Rejects with an `ExpectationError` when a turn failed or a message found nobody that the test neither took nor allowed. */
  async check(): Promise<void> {
    await this.idle()
    const trouble = this.#trouble((kind) => !this.#allowed.has(kind))
    if (trouble !== '') throw new ExpectationError(`the test did not expect what went wrong${trouble}`)
  }

  /** Ends the system, with whatever still waits in it. */
  stop(): Promise<void> {
    return this.system.stop({ deadlineMs: 0 })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #until(arrived: () => boolean, withinMs: number): Promise<void> {
    await this.idle()
    const clock = this.#kernel.ports.clock as VirtualClock
    const end = clock.now() + withinMs
    while (!arrived()) {
      if (!clock.runNext(end)) {
        clock.moveTo(end)
        return
      }
      await this.idle()
    }
  }

  #trouble(counts: (kind: Trouble) => boolean = () => true): string {
    const failures = counts('failures') ? this.failures.map(describeFailure) : []
    const letters = counts('deadLetters') ? this.deadLetters.map((letter) => this.#describeLetter(letter)) : []
    const all = [...failures, ...letters]
    const shown = all.slice(0, troubleShownMax)
    if (all.length > shown.length) shown.push(`and ${all.length - shown.length} more`)
    return shown.map((line) => `\n  ${line}`).join('')
  }

  #describeLetter({ to, name, payload, sender, reason }: DeadLetter): string {
    const from = sender === undefined ? 'outside' : refKey(sender)
    return `dead letter (${reason}): ${name}${payload === undefined ? '' : ` ${show(payload)}`} to ${refKey(to)} from ${from}`
  }
}

function describeFailure({ actor, message, error, directive }: Failure): string {
  return `${actor} failed in ${message} (${directive}): ${error.name}: ${error.message}`
}

/**
 * A system for one test. Time is virtual and moves by `kit.advance`, or within what a probe waits for.
 *
 * ```ts
 * const kit = createTestKit()
 * const probe = kit.probe<{ total: (sum: number) => void }>()
 * const adder = await kit.spawn(Adder, { to: probe.ref })
 * adder.tell('add', 2)
 * await probe.expect('total', 2)
 * await kit.stop()
 * ```
 */
export function createTestKit(options?: TestKitOptions): TestKit {
  return new TestKit(options)
}
