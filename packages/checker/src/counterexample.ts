/** Counterexamples: the way to a violation as steps that a person can read and a test can replay. */
import type { ActorSystem } from './actor-system.ts'
import { isPlain } from './canonical-value.ts'
import type { ModelStep } from './model-system.ts'
import type { NodeStep } from './node-crashes.ts'
import type { TimerMessage } from './pending.ts'
import type { Violation, ViolationKind } from './properties.ts'
import { showValue } from './show-value.ts'
import { shortText, stateChanges } from './state-changes.ts'
import type { MessageView, TupleView } from './state-view.ts'
import type { Step } from './step.ts'

/** One step of a trace of actors. */
export interface TraceStep {
  /** The actor whose turn it is; for a drop, the one that the message was for; the node for its crash and its restart. */
  readonly actor: string
  /**
   * `deliver`: a message arrives. `unstashed`: one that was put aside and back is handled. `timer`: a timer fires.
   * `started`: the first turn of a child, or of a generation. `timeout`: an ask ends by its timeout, which is a message of who was asked.
   * `drop`: the network loses a message, or it arrives where nobody is up. `sync`: the disk has a durable actor's oldest
   * record, and what waited for it goes. `crash` and `restart`: of a node; `reboot`: both in one step.
   */
  readonly event:
    | 'deliver'
    | 'unstashed'
    | 'timer'
    | 'timeout'
    | 'started'
    | 'drop'
    | 'sync'
    | 'crash'
    | 'restart'
    | 'reboot'
  /** What a turn threw that supervision dealt with, and how; `undefined`: it went well. */
  readonly failure: string | undefined
  /** Its disk syncs nothing any more until its node crashes, beginning with this turn's record. */
  readonly stalls: boolean
  /** The message of the turn; a timer's is from the actor to itself. `undefined` for a sync, a crash and a restart. */
  readonly message: MessageView | undefined
  /** The key of the timer that fired. */
  readonly timer: string | undefined
  /** The outcomes of the turn's random draws: of `int(n)` the number, of `pick` the index, of `chance` 1 for true. */
  readonly choices: readonly number[]
  /** The messages that were sent. */
  readonly sent: readonly MessageView[]
  /** All actors' states after the step; `undefined` of one that has ended, and nothing of a child that is not there. */
  readonly states: Readonly<Record<string, unknown>>
  /** The network after the step. */
  readonly messages: readonly MessageView[]
}

/** What counterexamples of actors and of models have in common. */
interface AnyCounterexample {
  /** What is violated: `failed` is a turn, or an action, that threw. */
  readonly kind: ViolationKind
  /** The property that is violated; `undefined` for a deadlock and a failed step. */
  readonly property: string | undefined
  /** What the handler, or the action, of the last step threw. */
  readonly error: unknown
  /**
   * Where a run that goes on for ever goes round: the state after its last step is that after step `loopsTo` (0: the first
   * state), up to symmetry where one was declared. `undefined`: the run ends, or its last state is the violation.
   */
  readonly loopsTo: number | undefined
}

/** A way to a violation in a system of actors. */
export interface Counterexample extends AnyCounterexample {
  /** All actors' states at the beginning. */
  readonly initial: Readonly<Record<string, unknown>>
  /** The network at the beginning. */
  readonly initialMessages: readonly MessageView[]
  readonly steps: readonly TraceStep[]
}

/** A way to a violation in a model. */
export interface ModelCounterexample<State> extends AnyCounterexample {
  readonly initial: State
  readonly steps: readonly {
    readonly action: string
    /** What {@link witness} named. */
    readonly parameters: readonly unknown[]
    /** The state after the step. */
    readonly state: State
  }[]
}

/** A run as the explorer gives it. */
interface Run<AnyStep> {
  readonly tuples: readonly Int32Array[]
  readonly steps: readonly AnyStep[]
}

/** The counterexample of a system of actors along `run`. */
export function traceActors(
  system: ActorSystem,
  view: TupleView,
  violation: Violation,
  run: Run<Step>,
): Counterexample {
  const states = () => Object.fromEntries(view.actors.map((actor) => [actor, view.state(actor)]))
  const [first] = run.tuples as [Int32Array]
  view.load(first)
  const initial = states()
  const initialMessages = view.messages()
  const trace = (step: Step, before: Int32Array, after: Int32Array): TraceStep => {
    const message = messageOf(view.load(before), step, system)
    view.load(after)
    return {
      actor:
        step.kind === 'crash' || step.kind === 'restart' || step.kind === 'reboot'
          ? (step as NodeStep).node
          : system.parts.system.label(step.actor),
      event: step.kind as TraceStep['event'],
      message,
      timer: step.timer,
      failure: step.life?.failure,
      stalls: step.stalls ?? false,
      choices: step.choices,
      sent: step.sent.map((sent) => view.message(sent)),
      states: states(),
      messages: view.messages(),
    }
  }
  const steps = run.steps.map((step, index) =>
    trace(step, run.tuples[index] as Int32Array, run.tuples[index + 1] as Int32Array),
  )
  const { kind, property } = violation
  const failed = failedStep(system, violation, run)
  // A turn that failed changed nothing: the state after it is the state before.
  const last = run.tuples.at(-1) as Int32Array
  if (failed !== undefined) steps.push(trace(failed, last, last))
  return { kind, property, error: failed?.error, loopsTo: violation.lasso.loopsTo, initial, initialMessages, steps }
}

/** The step that threw, from the last state of `run`. */
export function failedStep<AnyStep extends { readonly error: unknown }>(
  system: { expand(tuple: Int32Array, visit: (step: AnyStep) => boolean): boolean },
  { kind }: Violation,
  { tuples }: Run<AnyStep>,
): AnyStep | undefined {
  let failed: AnyStep | undefined
  if (kind !== 'failed') return undefined
  system.expand((tuples.at(-1) as Int32Array).slice(), (step) => {
    if (step.error !== undefined) failed = step
    return failed !== undefined
  })
  return failed
}

/** The counterexample of a model along `run`. */
export function traceModel<State>(
  state: (tuple: Int32Array) => State,
  violation: Violation,
  run: Run<ModelStep>,
  failed: ModelStep | undefined,
): ModelCounterexample<State> {
  const { kind, property, lasso } = violation
  const [initial, ...states] = run.tuples.map(state) as [State, ...State[]]
  const steps = run.steps.map(({ action, parameters }, index) => ({
    action,
    parameters,
    state: states[index] as State,
  }))
  if (failed !== undefined) {
    steps.push({ action: failed.action, parameters: failed.parameters, state: states.at(-1) ?? initial })
  }
  return { kind, property, error: failed?.error, loopsTo: lasso.loopsTo, initial, steps }
}

/** How a counterexample is shown. */
export interface CounterexampleText {
  /** Every state that a step changed is shown whole, and not only what the step changed of it. Default false. */
  readonly states?: boolean
}

/**
 * A counterexample as text, one line a step, with what the step changed: places of actors' states, old and new, of which long ones
 * are cut; `states: true` shows the states whole.
 */
export function formatCounterexample(
  counterexample: Counterexample | ModelCounterexample<any>,
  { states = false }: CounterexampleText = {},
): string {
  const { kind, property, error, loopsTo } = counterexample
  const heading = {
    always: `invariant violated: ${property}`,
    eventually: `never reached: ${property}`,
    deadlock: 'deadlock: no step is left',
    failed: `${'initialMessages' in counterexample ? 'turn' : 'action'} failed: ${String(error)}`,
  }[kind]
  const lines = [heading]
  if ('initialMessages' in counterexample) formatActors(counterexample, states, lines)
  else formatModel(counterexample, lines)
  if (loopsTo !== undefined)
    lines.push(`   and so on for ever, from ${loopsTo === 0 ? 'the beginning' : `after step ${loopsTo}`}`)
  return lines.join('\n')
}

function formatActors({ initial, steps }: Counterexample, whole: boolean, lines: string[]): void {
  const show = whole ? showValue : shortText
  for (const [actor, state] of Object.entries(initial)) lines.push(`   0. ${actor} = ${show(state)}`)
  let before = initial
  steps.forEach((step, index) => {
    const { name, payload, from } = step.message ?? { name: '', payload: undefined, from: '' }
    const what = {
      deliver: `${from} -> ${step.actor}: ${name}${kindText(step.message)}`,
      unstashed: `${from} -> ${step.actor}, from the stash: ${name}${kindText(step.message)}`,
      timer: `${step.actor}: timer ${step.timer}: ${name}`,
      timeout: `${step.actor}: an ask of ${from} times out: ${name}`,
      started: `${step.actor}: started`,
      drop: `lost: ${from} -> ${step.actor}: ${name}${kindText(step.message)}`,
      sync: `${step.actor}: its oldest record is synced`,
      crash: `node ${step.actor} crashes`,
      restart: `node ${step.actor} comes back`,
      reboot: `node ${step.actor} crashes and comes back`,
    }[step.event]
    const chosen = step.choices.length === 0 ? '' : ` choosing ${step.choices.join(', ')}`
    const stalls = step.stalls ? '; its disk stalls' : ''
    const failed = step.failure === undefined ? '' : `; failed, ${step.failure}`
    const shown = payload === undefined ? '' : ` ${showValue(payload)}`
    lines.push(`${String(index + 1).padStart(4)}. ${what}${shown}${chosen}${failed}${stalls}`)
    for (const [actor, state] of Object.entries(step.states)) {
      const old = before[actor]
      if (state === old) continue
      if (state === undefined) lines.push(`      ${actor} is gone`)
      else if (whole || old === undefined) lines.push(`      ${actor} = ${show(state)}`)
      else for (const change of stateChanges(old, state)) lines.push(`      ${actor}${change}`)
    }
    for (const actor of Object.keys(before)) if (!(actor in step.states)) lines.push(`      ${actor} is gone`)
    before = step.states
  })
}

function formatModel({ initial, steps }: ModelCounterexample<any>, lines: string[]): void {
  const variables = (state: unknown): [string, unknown][] =>
    typeof state === 'object' && state !== null && isPlain(state) ? Object.entries(state) : [['state', state]]
  for (const [name, value] of variables(initial)) lines.push(`   0. ${name} = ${showValue(value)}`)
  let before = new Map(variables(initial))
  steps.forEach(({ action, parameters, state }, index) => {
    const shown = parameters.length === 0 ? '' : ` ${parameters.map(showValue).join(' ')}`
    lines.push(`${String(index + 1).padStart(4)}. ${action}${shown}`)
    for (const [name, value] of variables(state)) {
      if (!Object.is(value, before.get(name))) lines.push(`      ${name} = ${showValue(value)}`)
    }
    before = new Map(variables(state))
  })
}

/** The message of `step`, with `view` at the state before it. */
function messageOf(
  view: TupleView,
  { kind, actor, message, timer, ended }: Step,
  { parts: { asks, transitions, system } }: ActorSystem,
): MessageView | undefined {
  if (message >= 0) return view.message(message)
  if (kind === 'timeout') {
    const ask = asks.get(ended[0] as number)
    const { onError: name, to } = ask
    const payload = transitions.timeoutOf(ask)
    return { from: system.label(to), to: system.label(actor), name, payload, kind: 'error' }
  }
  if (kind !== 'timer') return undefined
  const label = system.label(actor)
  const { name, payload } = view.timers(label).get(timer as string) as TimerMessage
  return { from: label, to: label, name, payload }
}

/** What a message is, where it is no tell. */
export function kindText(message: MessageView | undefined): string {
  return message?.kind === undefined ? '' : ` (${message.kind})`
}
