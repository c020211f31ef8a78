/** Counterexamples as reports: the same page as for a simulated run, with the schedule step by step. */
import type { ReportEvent, ReportHistory, ReportState, RunReport } from '@troupe/simulation/report'
import {
  type Counterexample,
  formatCounterexample,
  kindText,
  type ModelCounterexample,
  type TraceStep,
} from '../counterexample.ts'
import { verifyModel } from '../history/checked-model.ts'
import type { ObjectModel } from '../history/object-model.ts'
import type { Operation } from '../history/operation.ts'
import { describeOperation, type OrderCounterexample } from '../history/order-counterexample.ts'
import { showValue } from '../show-value.ts'
import type { MessageView } from '../state-view.ts'

/** The one node of the report: the checker has no time and no machines, only actors. */
const system = 'system'

/** A counterexample of actors or of a model as a report: an event for each step, then one for what is violated. */
export function counterexampleReport(counterexample: Counterexample | ModelCounterexample<any>): RunReport {
  const verdict = formatCounterexample(counterexample).split('\n', 1)[0] as string
  const { steps, loopsTo } = counterexample
  const parts = 'initialMessages' in counterexample ? actorParts(counterexample) : modelParts(counterexample)
  const end: ReportEvent = { step: steps.length, kind: 'violation', node: system, text: verdict, mark: verdict }
  const round = loopsTo === 0 ? 'the beginning' : `after step ${loopsTo}`
  const loop = { ...end, kind: 'node' as const, text: `and so on for ever, from ${round}`, mark: undefined }
  return {
    title: verdict,
    facts: [['steps', String(steps.length)]],
    verdict,
    nodes: [system],
    ...parts,
    events: [...parts.events, ...(loopsTo === undefined ? [] : [loop]), end],
  }
}

type ReportParts = Pick<RunReport, 'actors' | 'initial' | 'events'>

function actorParts({ initial, steps }: Counterexample): ReportParts {
  // Children come on the way.
  const names = [...new Set([initial, ...steps.map(({ states }) => states)].flatMap(Object.keys))]
  const sentAt = new Map<string, number[]>()
  let before = initial
  const events = steps.map((step, index): ReportEvent => {
    const states: ReportState[] = names
      .filter((name) => step.states[name] !== before[name])
      .map((name) => {
        const state = step.states[name]
        return { actor: name, state, ...(state === undefined ? { ended: true } : {}) }
      })
    before = step.states
    const cause = step.message === undefined ? undefined : senderOf(step.message, sentAt)
    for (const sent of step.sent) {
      const key = keyOf(sent)
      sentAt.set(key, [...(sentAt.get(key) ?? []), index])
    }
    const { message } = step
    const isNode = ['crash', 'restart', 'reboot'].includes(step.event)
    return {
      step: index + 1,
      kind: isNode ? 'node' : step.event === 'drop' ? 'dropped' : step.event === 'sync' ? 'disk' : 'turn',
      node: system,
      actor: isNode ? undefined : step.actor,
      text: textOf(step),
      message: message?.name,
      payload: message?.payload === undefined ? undefined : showValue(message.payload),
      from: message?.from,
      to: message?.to,
      cause,
      states,
    }
  })
  return {
    actors: names.map((path) => ({ path, node: system })),
    initial: Object.entries(initial).map(([actor, state]) => ({ actor, state })),
    events,
  }
}

function textOf({ event, actor, message, timer, choices, stalls, failure }: TraceStep): string {
  const { name = '', payload, from = '' } = message ?? {}
  const content = `${name}${kindText(message)}${payload === undefined ? '' : ` ${showValue(payload)}`}`
  const text = {
    deliver: `${content} from ${from}`,
    unstashed: `${content} from ${from}, from the stash`,
    timer: `timer ${timer}: ${content}`,
    timeout: `an ask of ${from} times out: ${content}`,
    started: 'started',
    drop: `lost: ${content} from ${from}`,
    sync: 'its oldest record is synced',
    crash: `node ${actor} crashes`,
    restart: `node ${actor} comes back`,
    reboot: `node ${actor} crashes and comes back`,
  }[event]
  const chosen = choices.length === 0 ? '' : `, choosing ${choices.join(', ')}`
  const failed = failure === undefined ? '' : `; failed, ${failure}`
  return `${text}${chosen}${failed}${stalls ? '; its disk stalls' : ''}`
}

/** The step that sent `message`: of several that sent the same, the first that is not taken; the last is taken again. */
function senderOf(message: MessageView, sentAt: ReadonlyMap<string, number[]>): number | undefined {
  const steps = sentAt.get(keyOf(message))
  return steps !== undefined && steps.length > 1 ? steps.shift() : steps?.[0]
}

function keyOf({ from, to, name, payload }: MessageView): string {
  return `${JSON.stringify([from, to, name])} ${payload === undefined ? '' : showValue(payload)}`
}

function modelParts({ initial, steps }: ModelCounterexample<any>): ReportParts {
  const actor = 'state'
  return {
    actors: [{ path: actor, node: system }],
    initial: [{ actor, state: initial }],
    events: steps.map(({ action, parameters, state }, index) => ({
      step: index + 1,
      kind: 'turn',
      node: system,
      actor,
      text: [action, ...parameters.map(showValue)].join(' '),
      states: [{ actor, state }],
    })),
  }
}

/**
 * A history that no order explains, for the `history` of a report: the operations that were looked at, those that fit
 * nowhere marked.
 */
export function historyReport<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  counterexample: OrderCounterexample<State, Input, Output>,
): ReportHistory {
  verifyModel('historyReport', model)
  const { property, partition, operations, order, blocked } = counterexample
  const marked = new Set<Operation<Input, Output>>(blocked)
  const where = partition === undefined ? '' : ` at ${JSON.stringify(partition)}`
  return {
    text: `not ${property}: ${model.name}${where}; the longest order explains ${order.length} of ${operations.length} operations`,
    clients: [...new Set(operations.map(({ process }) => String(process)))],
    operations: operations.map((operation) => ({
      process: String(operation.process),
      calledAt: operation.calledAt,
      returnedAt: operation.returnedAt,
      text: describeOperation(model, operation),
      marked: marked.has(operation),
    })),
  }
}
