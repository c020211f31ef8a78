/**
 * `check`: every schedule of a small, fixed system of unmodified actors. Each message in the network may be delivered
 * next, each pending timer may fire next, each random draw takes every outcome. Handlers are called by core's
 * `runTurn`, as on every host.
 *
 *     check -> Explorer (global states) -> LocalTransitions (one actor, one message, remembered) -> runTurn
 */
import type { ActorDefinition, ServiceImplementations } from '@troupe/core'
import { isProvided } from '@troupe/core/host'
import { type CheckedActor, CheckedSystem } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import { type Counterexample, traceViolation } from './counterexample.ts'
import { type Cut, Explorer } from './explorer.ts'
import { LocalTransitions } from './local-transitions.ts'
import { MessageTable } from './message-table.ts'
import { type NetworkKind, NetworkTable } from './network-table.ts'
import { type StateView, TupleView } from './state-view.ts'

/** A predicate over global states. A function of the view alone, without effects. */
export type StatePredicate = (view: StateView) => boolean

/** What to check. */
export interface CheckOptions<Definitions extends readonly ActorDefinition<any, any>[]> {
  /** The whole system: nothing is spawned. */
  readonly actors: readonly [...{ [Index in keyof Definitions]: CheckedActor<Definitions[Index]> }]
  /**
   * Twins for `ctx.use`, by service name: their results are part of the turn that calls them, so they are functions of
   * their arguments, without state, time or chance. Default: none; an actor that declares one in `uses` is refused.
   */
  readonly services?: ServiceImplementations
  /** What the network does with a message that was delivered. Both kinds are unordered. */
  readonly network: NetworkKind
  /** Also explores the loss of each message in the network. Default false. */
  readonly lossy?: boolean
  /** What must be true of every state, by name. A violation ends the search with the shortest counterexample. */
  readonly invariants?: Readonly<Record<string, StatePredicate>>
  /** What must be true of some state, by name. */
  readonly sometimes?: Readonly<Record<string, StatePredicate>>
  /** States for which this is false are left out, as if no step led there. */
  readonly boundary?: StatePredicate
  /**
   * What a handler's exception is: a counterexample, or a turn to be passed over as if it could not happen, its
   * message still in the network. Default `counterexample`.
   */
  readonly failedTurns?: 'counterexample' | 'discard'
  /** Distinct states to hold before giving up. Default 1,000,000; one takes 30 to 60 bytes and 4 to 8 for each actor. */
  readonly statesMax?: number
  /** States at this depth are not expanded; the initial state's depth is 1. Default: none. */
  readonly depthMax?: number
}

/** Whether a property holds; `unknown` when the search ended before it could tell. */
export type Verdict = 'holds' | 'fails' | 'unknown'

/** What a search found. */
export interface CheckResult {
  /** Distinct reachable states, the initial ones included. */
  readonly distinct: number
  /** The initial states and every transition taken, each time it was. */
  readonly generated: number
  /** States on the longest of the shortest paths from an initial state, that one included. */
  readonly depth: number
  /** True when every reachable state was seen. */
  readonly complete: boolean
  /** Why not, when not. */
  readonly cut: Cut | undefined
  /** An invariant that holds held in every state of a complete search. */
  readonly invariants: Readonly<Record<string, Verdict>>
  /** A `sometimes` property that holds was true in a state that was seen, even if the search is not complete. */
  readonly sometimes: Readonly<Record<string, Verdict>>
  /** The shortest path to the violation that ended the search. */
  readonly counterexample: Counterexample | undefined
}

/**
 * Explores every global state that the system of `actors` can reach, breadth first, and checks the properties in each.
 *
 * A delivery that neither changes the receiver's state, behavior, stash or timers nor sends anything is no transition,
 * and leaves the message where it is. A timer that fires is consumed, unless it repeats: then it stays pending. Messages
 * that were put aside are handled in order once they are put back, before any other of that actor. Throws a {@link CheckerError} for what cannot be explored: a
 * clock read, `random.float`, an asynchronous turn, an ask, a spawn, a watch, a stop, a service without a twin, a message to an actor
 * outside the system, and state or messages that are not plain data, Map, Set and references.
 *
 * ```ts
 * const result = check({
 *   actors: [{ name: 'counter', definition: Counter, args: { start: 0 } }],
 *   network: 'non-duplicating',
 *   invariants: { positive: (view) => view.state('counter').count >= 0 },
 * })
 * result.counterexample // undefined
 * ```
 */
export function check<const Definitions extends readonly ActorDefinition<any, any>[]>(
  options: CheckOptions<Definitions>,
): CheckResult {
  const { lossy = false, failedTurns = 'counterexample', boundary } = options
  const limits = {
    statesMax: wholeFromOne('statesMax', options.statesMax ?? 1_000_000),
    depthMax: options.depthMax === undefined ? Number.POSITIVE_INFINITY : wholeFromOne('depthMax', options.depthMax),
  }
  oneOf('network', options.network, ['duplicating', 'non-duplicating'])
  oneOf('failedTurns', failedTurns, ['counterexample', 'discard'])

  const { services = {} } = options
  for (const [service, twin] of Object.entries(services)) {
    if (!isProvided(twin)) continue
    const what = `check: service ${service} is a provider; here nothing starts or stops: give its twin as an object`
    throw new CheckerError(what, { service })
  }
  const system = new CheckedSystem(options.actors as readonly CheckedActor[], services)
  const messages = new MessageTable()
  const network = new NetworkTable(options.network)
  const transitions = new LocalTransitions(system, messages, network, failedTurns === 'discard')
  const explorer = new Explorer(system, messages, network, transitions, lossy)
  const view = new TupleView(system, transitions, network, messages)

  const invariants = Object.entries(options.invariants ?? {})
  const unseen = new Map(Object.entries(options.sometimes ?? {}))
  let violated: string | undefined
  explorer.run(
    {
      found(tuple) {
        view.load(tuple)
        for (const [name, predicate] of unseen) if (holds(name, predicate)) unseen.delete(name)
        violated = invariants.find(([name, predicate]) => !holds(name, predicate))?.[0]
        return violated !== undefined
      },
      within: boundary && ((tuple) => view.load(tuple) && holds('boundary', boundary)),
    },
    limits,
  )

  function holds(name: string, predicate: StatePredicate): boolean {
    try {
      return predicate(view)
    } catch (cause) {
      throw new CheckerError(`property ${name} threw: ${String(cause)}`, { property: name }, { cause })
    }
  }

  const { cut } = explorer
  const complete = cut === undefined
  const otherwise = (verdict: Verdict): Verdict => (complete ? verdict : 'unknown')
  return {
    distinct: explorer.states.size,
    generated: explorer.generated,
    depth: explorer.depth,
    complete,
    cut,
    invariants: Object.fromEntries(
      invariants.map(([name]) => [name, name === violated ? 'fails' : otherwise('holds')]),
    ),
    sometimes: Object.fromEntries(
      Object.keys(options.sometimes ?? {}).map((name) => [name, unseen.has(name) ? otherwise('fails') : 'holds']),
    ),
    counterexample: cut === 'violation' ? traceViolation(explorer, view, violated) : undefined,
  }
}

function wholeFromOne(option: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw new CheckerError(`check: ${option} must be a whole number from 1, got ${value}`, { option })
}

function oneOf(option: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return
  throw new CheckerError(`check: ${option} must be ${allowed.join(' or ')}, got ${String(value)}`, { option })
}
