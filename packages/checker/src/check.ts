/**
 * `check`: every schedule of a small, fixed system of unmodified actors, or every behaviour of a plain model. Each message
 * in the network may be delivered next, each pending timer may fire next, each random draw takes every outcome, each node
 * may crash. Handlers are called by core's `runTurn`, as on every host.
 *
 *     check -> search -> Explorer (states) -> ActorSystem -> LocalTransitions (one actor, one message, remembered) -> runTurn
 *                                          -> ModelSystem -> the model's actions
 */

import { type ActorDefinition, ConfigurationError, type ServiceImplementations, type StateOf } from '@troupe/core'
import { isProvided, type KnownOptions, refuseUnknownOptions, requireOption } from '@troupe/core/host'
import { ActorSymmetry } from './actor-symmetry.ts'
import { ActorSystem } from './actor-system.ts'
import { AskTable } from './ask-table.ts'
import { AsynchronousTurns } from './asynchronous-turns.ts'
import { keyOf } from './canonical-text.ts'
import { type CheckedActor, CheckedSystem } from './checked-system.ts'
import { type Counterexample, failedStep, type ModelCounterexample, traceActors, traceModel } from './counterexample.ts'
import { type CheckedHistory, HistoryTable } from './history-table.ts'
import { type IsLeftover, Leftovers } from './leftovers.ts'
import { LocalTransitions } from './local-transitions.ts'
import { MessageTable } from './message-table.ts'
import { type Model, model } from './model.ts'
import { ModelSystem } from './model-system.ts'
import { type NetworkKind, NetworkTable, networkKinds } from './network-table.ts'
import type { NodeStep } from './node-crashes.ts'
import type { NumberLog } from './number-log.ts'
import { type Footprint, PersistentSets, reachOf } from './reduction.ts'
import { type Searched, type SearchOptions, type SearchResult, search, searchAsync, wholeFrom } from './search.ts'
import { messageView, type StateView, TupleView } from './state-view.ts'
import type { Step } from './step.ts'

/** The states of actors by name, of those whose names are literals. */
type StatesOf<Definitions extends readonly unknown[], Names extends readonly string[]> = {
  readonly [Index in Exclude<keyof Names, keyof (readonly unknown[])> as string extends Names[Index]
    ? never
    : Names[Index] & string]: Index extends keyof Definitions ? StateOf<Definitions[Index]> : any
}

/** Where the names of actors are. */
interface NamedActors<Names extends readonly string[]> {
  readonly actors: readonly [
    ...{ [Index in keyof Names]: { readonly name: Names[Index]; readonly [option: string]: unknown } },
  ]
}

/** What to check of actors. */
export interface CheckOptions<
  Definitions extends readonly ActorDefinition<any, any>[],
  Names extends readonly string[] = readonly string[],
> extends SearchOptions<StateView<StatesOf<Definitions, Names>>> {
  /** The system at its beginning. */
  readonly actors: readonly [...{ [Index in keyof Definitions]: CheckedActor<Definitions[Index]> }]
  /**
   * Twins for `ctx.use`, by service name: their results are part of the turn that calls them, so they are functions of
   * their arguments, without state, time or chance. Default: none; an actor that declares one in `uses` is refused.
   */
  readonly services?: ServiceImplementations
  /** In which order messages arrive, and what the network does with one that was delivered. */
  readonly network: NetworkKind
  /** The message delivered last is part of the state of a duplicating network, as in Stateright. Default false. */
  readonly lastDelivered?: boolean
  /**
   * A turn, and those of what it tells its own actor, are one step, as where a mailbox is empty whenever a turn begins. Fewer
   * runs than there are: with a full mailbox others come first, and a crash may come between. Default false.
   */
  readonly selfAtOnce?: boolean
  /** Says which messages can make no difference any more: they are taken out of the network. Default: none. */
  readonly isLeftover?: IsLeftover
  /** Also explores the loss of each message that may be delivered. Default false. */
  readonly lossy?: boolean
  /**
   * Also explores crashes of nodes, so many on one run: what is not on a disk is lost, of records that were not synced any
   * first ones survive, and the node comes back. Default 0.
   */
  readonly crashes?: number
  /**
   * How crashes are explored. `all`: when a disk syncs and when a node comes back are steps of their own. `fewest`: a disk
   * syncs at once until it stalls, and then not before its node crashes; a node that crashes is back in the same step, and
   * from each sender any first ones of what was under way to it are lost. That leaves out states in which a node is down.
   * Actors get into the same states otherwise, since what waits for a sync might as well be late, and a node that does
   * nothing might as well be down; but in an ordered network nothing told early overtakes what waits. Default `all`.
   */
  readonly crashSteps?: 'all' | 'fewest'
  /** Makes a history of what clients send and get a part of the state, for properties to look at. */
  readonly history?: CheckedHistory<any>
  /**
   * `persistent-sets` leaves out orders of steps that make no difference: the verdicts are the same, the counts smaller.
   * Properties that look at few actors, and not at the network, leave out more. Default `none`.
   */
  readonly reduction?: 'none' | 'persistent-sets'
  /**
   * Runs turns of actors with large states on Immer drafts, several times as fast where a turn changes little of its state.
   * The results are the same, unless a handler passes a Map or Set of its state to `structuredClone` or another function of
   * the engine, which finds a draft's empty. Default false: on copies.
   */
  readonly drafts?: boolean
  /**
   * Children that actors may spawn, of all runs together: one for each parent, definition, name and count of those before it in
   * a run. An address is never used again, so that an actor that spawns for ever needs more than there can be. Default 0.
   */
  readonly spawnsMax?: number
  /**
   * What a handler's exception is, where neither the actor nor its definition says `supervise`: a counterexample. `discard`: a turn to be passed
   * over as if it could not happen, its message still in the network, whatever supervision says. Default `counterexample`.
   */
  readonly failedTurns?: 'counterexample' | 'discard'
}

/** What to check of a model. */
export interface ModelCheckOptions<State> extends SearchOptions<State> {
  readonly model: Model<State>
}

/** What every check can be told, by name. */
export const knownOfSearch: KnownOptions<SearchOptions<any>> = {
  always: true,
  sometimes: true,
  eventually: true,
  fair: true,
  stopAtViolation: true,
  mayEnd: true,
  statesMax: true,
  depthMax: true,
  secondsMax: true,
  boundary: true,
  symmetry: true,
  progress: true,
}
const knownOfModelCheck: KnownOptions<ModelCheckOptions<any>> = { ...knownOfSearch, model: true }
/** What a check of actors can be told. */
export const knownOfCheck: KnownOptions<CheckOptions<any>> = {
  ...knownOfSearch,
  actors: true,
  services: true,
  network: true,
  lastDelivered: true,
  lossy: true,
  crashes: true,
  crashSteps: true,
  selfAtOnce: true,
  isLeftover: true,
  drafts: true,
  history: true,
  reduction: true,
  failedTurns: true,
  spawnsMax: true,
}

/** What a check of actors found. */
export type CheckResult = SearchResult<Counterexample>

/** What a check of a model found. */
export type ModelCheckResult<State> = SearchResult<ModelCounterexample<State>>

/**
 * Explores every global state that the system of `actors` can reach, or every state of a `model`, breadth first, and
 * checks the properties in each.
 *
 * A delivery that neither changes the receiver's state, behavior, stash or timers nor sends anything is no transition,
 * and leaves the message where it is (an ordered network loses it). A timer that fires is consumed, unless it repeats: then
 * it stays pending. Messages that were put aside are handled in order once they are put back, before any other of that
 * actor. Throws a {@link CheckerError} for what cannot be explored: a clock read, `random.float`, an asynchronous turn and an
 * ask that is awaited ({@link checkAsync} explores them), a watch, a link, a kill, more children than `spawnsMax`, a service
 * without a twin, a message to an actor outside the system, and state or messages that are not plain data, Map, Set,
 * references, reply tokens and errors; a `ConfigurationError` for an option that is malformed.
 *
 * ```ts
 * const result = check({
 *   actors: [{ name: 'counter', definition: Counter, args: { start: 0 } }],
 *   network: 'unordered',
 *   always: { positive: (view) => view.state('counter').count >= 0 },
 * })
 * result.counterexample // undefined
 * ```
 */
export function check<State>(options: ModelCheckOptions<State>): ModelCheckResult<State>
export function check<
  const Definitions extends readonly ActorDefinition<any, any>[],
  const Names extends readonly string[],
>(options: CheckOptions<Definitions, Names> & NamedActors<Names>): CheckResult
export function check(options: CheckOptions<any> | ModelCheckOptions<any>): CheckResult | ModelCheckResult<any> {
  requireOption(typeof options === 'object' && options !== null, 'what check takes', 'an object of options', options)
  return 'model' in options ? search(searchedModel(options), options) : search(searchedActors(options), options)
}

/**
 * {@link check} of actors with turns that await the replies of asks, which takes time: other code of the program may run
 * meanwhile. Such a turn is a step up to where it waits, and one more for each reply, or error, that comes. It is then run
 * again from where it began with the replies so far; while it waits its actor handles nothing else, and its ask may time out
 * at any time. What it does not await to the end nobody hears of.
 *
 * Rejects with what `check` throws, with a `CheckerError` too for a turn that does something else when it is run again, that
 * awaits something other than an ask, of a definition with re-entrant messages and of an actor with a disk whose crashes are
 * explored, and with a `ConfigurationError` for the options `symmetry`, `reduction` and `selfAtOnce`.
 *
 * ```ts
 * const result = await checkAsync({ actors, network: 'unordered', always })
 * ```
 */
export async function checkAsync<
  const Definitions extends readonly ActorDefinition<any, any>[],
  const Names extends readonly string[],
>(options: CheckOptions<Definitions, Names> & NamedActors<Names>): Promise<CheckResult> {
  requireOption(
    typeof options === 'object' && options !== null,
    'what checkAsync takes',
    'an object of options',
    options,
  )
  for (const option of ['symmetry', 'reduction', 'selfAtOnce'] as const) {
    const value = options[option]
    if (value === undefined || value === false || value === 'none') continue
    throw new ConfigurationError(
      `checkAsync: ${option} does not go with turns that wait: leave it out, or ask by ctx.askThen and use check`,
      {
        option,
      },
    )
  }
  try {
    const searched = searchedActors(options as CheckOptions<any>, undefined, true)
    return await searchAsync(searched, options, searched.settle)
  } catch (error) {
    throw calledByAsync(error)
  }
}

/** An error about what a check was told, in the name of {@link checkAsync}; others as they are. */
function calledByAsync(error: unknown): unknown {
  if (!(error instanceof ConfigurationError) || !/^check(:| takes)/.test(error.message)) return error
  return new ConfigurationError(error.message.replace('check', 'checkAsync'), error.facts, { cause: error })
}

/** A model, ready to be searched; `log`: on one of several threads. */
export function searchedModel<State>(options: ModelCheckOptions<State>, log?: NumberLog) {
  refuseUnknownOptions('check', options, knownOfModelCheck)
  checkFair(options)
  const checked = model(options.model)
  const system = new ModelSystem(checked, log)
  const state = (tuple: Int32Array) => system.state(tuple)
  return {
    system,
    view: state,
    actionOf: ({ action, parameters }) => `${action} ${keyOf(parameters)}`,
    trace: (violation, run) => traceModel(state, violation, run, failedStep(system, violation, run)),
  } satisfies Searched<State, any, ModelCounterexample<State>>
}

/** A system of actors, ready to be searched; `log`: on one of several threads; `awaits`: by who waits for turns. Throws a `ConfigurationError` for options that make no sense. */
export function searchedActors(options: CheckOptions<any>, log?: NumberLog, awaits = false) {
  refuseUnknownOptions('check', options, knownOfCheck)
  const { lossy = false, failedTurns = 'counterexample', lastDelivered = false, drafts = false } = options
  for (const [option, value] of Object.entries({ lossy, lastDelivered, drafts })) isBoolean(option, value)
  oneOf('network', options.network, networkKinds)
  oneOf('failedTurns', failedTurns, ['counterexample', 'discard'])
  if (lastDelivered && options.network !== 'duplicating') {
    throw new ConfigurationError('check: lastDelivered is of a duplicating network', { option: 'lastDelivered' })
  }
  const { reduction = 'none' } = options
  oneOf('reduction', reduction, ['none', 'persistent-sets'])
  if (reduction !== 'none' && (lastDelivered || options.symmetry !== undefined)) {
    throw new ConfigurationError('check: reduction goes with neither symmetry nor lastDelivered', {
      option: 'reduction',
    })
  }
  checkFair(options, reduction)
  const crashesMax = wholeFrom('crashes', 0, options.crashes ?? 0)
  const { crashSteps = 'all', selfAtOnce = false } = options
  oneOf('crashSteps', crashSteps, ['all', 'fewest'])
  isBoolean('selfAtOnce', selfAtOnce)
  if (selfAtOnce && options.history !== undefined) {
    throw new ConfigurationError('check: selfAtOnce does not go with a history', { option: 'selfAtOnce' })
  }
  const spawnsMax = wholeFrom('spawnsMax', 0, options.spawnsMax ?? 0)
  if (spawnsMax > 0 && (options.symmetry !== undefined || log !== undefined)) {
    const what = 'check: spawnsMax goes neither with symmetry nor with several threads'
    throw new ConfigurationError(what, { option: 'spawnsMax' })
  }
  const { services = {}, isLeftover } = options
  requireOption(typeof services === 'object' && services !== null, 'check: services', 'twins by name', services)
  const isFunction = isLeftover === undefined || typeof isLeftover === 'function'
  requireOption(isFunction, 'check: isLeftover', 'a function of a message and its actors', isLeftover)
  for (const [service, twin] of Object.entries(services)) {
    if (!isProvided(twin)) continue
    const what = `check: service ${service} is a provider; here nothing starts or stops: give its twin as an object`
    throw new ConfigurationError(what, { service })
  }
  const checked = new CheckedSystem(options.actors as readonly CheckedActor[], services, spawnsMax)
  const messages = new MessageTable(log)
  const asks = new AskTable(log)
  const network = new NetworkTable(options.network, messages, lastDelivered, log)
  const turns = {
    discardFailed: failedTurns === 'discard',
    crashes: crashesMax > 0,
    stalls: crashSteps === 'fewest',
    selfAtOnce,
    ordersSent: options.history !== undefined,
    drafts,
    reduces: reduction !== 'none',
    lives: reduction === 'none' && !selfAtOnce && options.isLeftover === undefined,
    supervises: failedTurns === 'counterexample',
    awaits,
  }
  const transitions = new LocalTransitions(checked, { messages, asks, network }, turns, log)
  const seen = (message: number) => messageView({ system: checked, messages }, message)
  const history = options.history && new HistoryTable(options.history, seen, log)
  const leftovers = options.isLeftover && new Leftovers(options.isLeftover, { network, messages, transitions }, seen)
  const system = new ActorSystem({
    system: checked,
    messages,
    asks,
    network,
    transitions,
    history,
    lossy,
    crashesMax,
    reboots: crashSteps === 'fewest',
    leftovers,
  })
  const view = new TupleView(system, reduction !== 'none')
  const reach = reduction === 'none' ? undefined : reachOf(system)
  const asynchronous = new AsynchronousTurns(checked, transitions.runner)
  return {
    settle: <Found>(find: () => Found) => asynchronous.settle(find),
    reduce: reach && ((footprint) => new PersistentSets(system, reach, footprint as Footprint)),
    seen: view.seen,
    system: new ActorSymmetry(system, log),
    view: (tuple: Int32Array) => view.load(tuple),
    actionOf,
    trace: (violation, run) => traceActors(system, view, violation, run),
  } satisfies Searched<StateView, Step, Counterexample> & Pick<AsynchronousTurns, 'settle'>
}

/** What weak fairness takes for one action: what arrives, fires, syncs or comes back. */
function actionOf({ kind, actor, message, timer, ended, ...step }: Step): string | undefined {
  switch (kind) {
    case 'drop':
    case 'crash':
    case 'reboot':
      return undefined
    case 'deliver':
      return `deliver ${message}`
    case 'restart':
      return `restart ${(step as unknown as NodeStep).node}`
    default:
      return `${kind} ${actor} ${timer} ${kind === 'timeout' ? ended : ''}`
  }
}

/** Fairness looks at every step, and calls it by one name in every state. */
function checkFair({ fair = 'none', symmetry }: SearchOptions<any>, reduction = 'none'): void {
  oneOf('fair', fair, ['none', 'weak'])
  if (fair === 'none' || (symmetry === undefined && reduction === 'none')) return
  throw new ConfigurationError('check: fair goes with neither symmetry nor reduction', { option: 'fair' })
}

function oneOf(option: string, value: string, allowed: readonly string[]): void {
  requireOption(allowed.includes(value), `check: ${option}`, `one of ${allowed.join(', ')}`, value)
}

function isBoolean(option: string, value: unknown): void {
  requireOption(typeof value === 'boolean', `check: ${option}`, 'true or false', value)
}
