/** Counterexamples: the path to a state as steps that a person can read and a test can replay. */
import { refKey } from '@troupe/core'
import { Ref } from '@troupe/core/host'
import type { Explorer } from './explorer.ts'
import type { Step } from './local-transitions.ts'
import type { TimerMessage } from './recorded-effects.ts'
import type { MessageView, TupleView } from './state-view.ts'

/** One step of a trace. */
export interface TraceStep {
  /** The actor whose turn it is; for a drop, the one that the message was for. */
  readonly actor: string
  /** `deliver`: a message arrives. `unstashed`: one that was put aside and back is handled. `timer`: a timer fires. `drop`: the network loses a message. */
  readonly event: 'deliver' | 'unstashed' | 'timer' | 'drop'
  /** The message of the turn; a timer's is from the actor to itself. */
  readonly message: MessageView
  /** The key of the timer that fired. */
  readonly timer: string | undefined
  /** The outcomes of the turn's random draws: of `int(n)` the number, of `pick` the index, of `chance` 1 for true. */
  readonly choices: readonly number[]
  /** All actors' states after the step. */
  readonly states: Readonly<Record<string, unknown>>
  /** The network after the step. */
  readonly messages: readonly MessageView[]
}

/** A shortest path to a violation. */
export interface Counterexample {
  /** The invariant that the last state violates; `undefined` when the last step's turn failed. */
  readonly invariant: string | undefined
  /** What the handler of the last step threw. */
  readonly error: unknown
  /** All actors' states at the beginning. */
  readonly initial: Readonly<Record<string, unknown>>
  /** The network at the beginning. */
  readonly initialMessages: readonly MessageView[]
  readonly steps: readonly TraceStep[]
}

/** The counterexample at which `explorer` stopped. */
export function traceViolation(explorer: Explorer, view: TupleView, invariant: string | undefined): Counterexample {
  const tuple = new Int32Array(explorer.width)
  const path = explorer.path(explorer.violation)
  const load = (index: number) => {
    explorer.states.read(path[index] as number, tuple)
    view.load(tuple)
  }
  load(0)
  const initial = statesOf(view)
  const initialMessages = view.messages()
  const steps: TraceStep[] = []
  for (let index = 1; index < path.length; index++) {
    const step = explorer.stepBetween(path[index - 1] as number, path[index] as number)
    load(index - 1)
    const message = messageOf(view, step)
    load(index)
    steps.push(traceStep(view, step, message))
  }
  const { failed } = explorer
  // A turn that failed changed nothing: the state after it is the state before.
  if (failed !== undefined) steps.push(traceStep(view, failed, messageOf(view, failed)))
  return { invariant, error: failed?.error, initial, initialMessages, steps }
}

/** A counterexample as text, one line a step, with the states that the step changed. */
export function formatCounterexample(counterexample: Counterexample): string {
  const { invariant, error, initial, steps } = counterexample
  const lines = [invariant === undefined ? `turn failed: ${String(error)}` : `invariant violated: ${invariant}`]
  for (const [actor, state] of Object.entries(initial)) lines.push(`   0. ${actor} = ${show(state)}`)
  let before = initial
  steps.forEach((step, index) => {
    const { name, payload, from } = step.message
    const what = {
      deliver: `${from} -> ${step.actor}: ${name}`,
      unstashed: `${from} -> ${step.actor}, from the stash: ${name}`,
      timer: `${step.actor}: timer ${step.timer}: ${name}`,
      drop: `lost: ${from} -> ${step.actor}: ${name}`,
    }[step.event]
    const chosen = step.choices.length === 0 ? '' : ` choosing ${step.choices.join(', ')}`
    lines.push(`${String(index + 1).padStart(4)}. ${what}${payload === undefined ? '' : ` ${show(payload)}`}${chosen}`)
    for (const [actor, state] of Object.entries(step.states)) {
      if (state !== before[actor]) lines.push(`      ${actor} = ${show(state)}`)
    }
    before = step.states
  })
  return lines.join('\n')
}

function traceStep(view: TupleView, step: Step, message: MessageView): TraceStep {
  const { kind, actor, timer, choices } = step
  return {
    actor: view.actors[actor] as string,
    event: kind as TraceStep['event'],
    message,
    timer,
    choices,
    states: statesOf(view),
    messages: view.messages(),
  }
}

/** The message of `step`, with `view` at the state before it. */
function messageOf(view: TupleView, { actor, message, timer }: Step): MessageView {
  if (timer === undefined) return view.message(message)
  const label = view.actors[actor] as string
  const { name, payload } = view.timers(label).get(timer) as TimerMessage
  return { from: label, to: label, name, payload }
}

function statesOf(view: TupleView): Record<string, unknown> {
  return Object.fromEntries(view.actors.map((actor) => [actor, view.state(actor)]))
}

/** JSON, with Maps and Sets as arrays and references by name. */
function show(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (part instanceof Map || part instanceof Set) return [...part]
    if (part instanceof Ref) return refKey(part)
    return typeof part === 'bigint' ? `${part}n` : part
  })
}
