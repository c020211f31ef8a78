/** Carrying out decided entries: the state machine, its sessions, the next configuration. */
import { cloneValue, failingNobody, prepareMessage, requireData, shownValue } from '@troupe/core/host'
import { type LogConfiguration, ownConfiguration } from './configuration.ts'
import { type CommandsEntry, entryAt, trimBelow, weightOf } from './entry.ts'
import type { Outcomes } from './messages.ts'
import type { Applied, LogSnapshot, ReplicaState } from './replica-state.ts'
import {
  earlierOutcomes,
  firstApplied,
  firstFresh,
  forgetAcked,
  openSession,
  remember,
  useSession,
} from './sessions.ts'
import type { AnyMachine } from './state-machine.ts'

/** Applies all entries that are decided, in order, and adds what they came to to `applied`, if there is such a list. */
export function applyDecided(state: ReplicaState, machine: AnyMachine, applied?: Applied[]): void {
  while (state.applied < state.decided) {
    const index = state.applied
    const entry = entryAt(state.entries, index)
    let outcomes: Applied['outcomes']
    if (entry.kind === 'commands') {
      outcomes = applyCommands(state, entry, machine)
    } else if (entry.kind === 'open') {
      openSession(state.sessions, index, state.options.sessionsMax)
    } else if (entry.kind === 'configuration') {
      state.configuration = entry.configuration
    }
    state.applied++
    state.kept += weightOf(entry)
    applied?.push({ index, entry, outcomes })
  }
  if (state.kept > 2 * state.options.keepEntries) trim(state)
}

/** Forgets the oldest of the applied entries. Seldom, and then half of them: what stays has to be moved. */
function trim(state: ReplicaState): void {
  const { entries, options, applied } = state
  let { trimmed } = entries
  while (state.kept > options.keepEntries && trimmed < applied) state.kept -= weightOf(entryAt(entries, trimmed++))
  trimBelow(entries, trimmed)
}

/** Each of the commands that was not applied before; what all of them came to, now or then. */
function applyCommands(
  { sessions, machine: value }: ReplicaState,
  { session: number, first, ackedUpTo, operations }: CommandsEntry,
  machine: AnyMachine,
): Outcomes | 'expired' {
  const session = useSession(sessions, number)
  if (session === undefined) return 'expired'
  const end = first + operations.length
  const applyOwn = (state: unknown, command: unknown) => machine.apply(state, ownCopy(command))
  let outcomes: Outcomes | undefined
  for (let from = first; from < end; ) {
    const to = firstApplied(session, from, end)
    if (to > from) {
      const fresh = from === first && to === end ? operations : operations.slice(from - first, to - first)
      outcomes = outcomesOf(applyOwn, value, from, fresh)
      remember(session, outcomes)
    }
    from = firstFresh(session, to, end)
  }
  const all = outcomes?.values.length === operations.length ? outcomes : earlierOutcomes(session, first, end)
  forgetAcked(session, ackedUpTo)
  return all
}

/**
 * A command for the machine to keep, and change, as a part of its state. The one in the log stays as it is, frozen or not:
 * the journal and those that lag get it later, and a state that was recovered has nothing of it.
 */
function ownCopy(command: unknown): unknown {
  if (typeof command !== 'object' || command === null) return command
  // Most commands are one plain object.
  if (Object.getPrototypeOf(command) !== Object.prototype) return cloneValue(command)
  for (const key in command) {
    const field: unknown = (command as Record<string, unknown>)[key]
    if (typeof field === 'object' && field !== null) return cloneValue(command)
  }
  return { ...command }
}

/**
 * What `run(state, argument)` returns or throws for each of `list`, numbered from `first` on, as data. Results are
 * messages: copies, so that the state stays free to change; and one that cannot be sent (a promise, a class) fails its caller
 * and not the replicas. Nor does a promise that a machine leaves behind: each replica would leave it, and again when it recovers.
 */
export function outcomesOf(
  run: (state: any, argument: any) => unknown,
  state: unknown,
  first: number,
  list: readonly unknown[],
): Outcomes {
  return failingNobody(() => {
    const values: unknown[] = []
    let failures: Failure[] | undefined
    for (let index = 0; index < list.length; index++) {
      try {
        values.push(prepareMessage(run(state, list[index]), 'copied', describeResult))
      } catch (thrown) {
        failures ??= []
        failures.push(failureOf(first + values.length, thrown))
        values.push(undefined)
      }
    }
    return failures === undefined ? { first, values } : { first, values, failures }
  })
}

type Failure = NonNullable<Outcomes['failures']>[number]

/** What a machine threw, as texts whatever it is: it is stored, and sent. */
function failureOf(number: number, thrown: unknown): Failure {
  try {
    if (thrown instanceof Error) return { number, name: String(thrown.name), message: String(thrown.message) }
  } catch {
    // A getter of its own threw.
  }
  return { number, name: 'Error', message: typeof thrown === 'string' ? thrown : shownValue(thrown) }
}

function describeResult(): string {
  return 'the result'
}

/**
 * All that was applied, as a value. Throws a `NotSendableError` for a state that is no data any more: stored, it would be another
 * one when it comes back, and only on those replicas that have recovered.
 */
export function takeSnapshot(state: ReplicaState, machine: AnyMachine): LogSnapshot {
  const { applied, configuration, sessions } = state
  const value = machine.snapshot === undefined ? state.machine : machine.snapshot(state.machine)
  requireData(value, () => `replicated log ${state.log}: the state of its machine cannot be stored as a snapshot`)
  return { applied, configuration, sessions, machine: value }
}

/** Puts a snapshot that is ahead of this replica in place of what it has applied; entries behind it stay. */
export function installSnapshot(state: ReplicaState, snapshot: LogSnapshot, machine: AnyMachine): void {
  trimBelow(state.entries, snapshot.applied)
  state.applied = snapshot.applied
  state.kept = 0
  state.decided = Math.max(state.decided, snapshot.applied)
  state.configuration = ownConfiguration(snapshot.configuration)
  state.sessions.clear()
  for (const [number, { ackedUpTo, results }] of snapshot.sessions)
    state.sessions.set(number, { ackedUpTo, results: [...results] })
  state.machine = machine.restore === undefined ? snapshot.machine : machine.restore(snapshot.machine)
}

/** The entry that ends the current configuration, if the log has it and it is not applied. */
export function pendingConfiguration(state: ReplicaState): LogConfiguration | undefined {
  const { entries } = state.entries
  const last = entries.at(-1)
  return last?.kind === 'configuration' && last.configuration.number > state.configuration.number
    ? last.configuration
    : undefined
}
