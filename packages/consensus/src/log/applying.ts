/** Carrying out decided entries: the state machine, its sessions, the next configuration. */
import type { LogConfiguration } from './configuration.ts'
import { entryAt, trimBelow } from './entry.ts'
import type { Outcome } from './messages.ts'
import type { Applied, LogSnapshot, ReplicaState } from './replica-state.ts'
import { earlierOutcome, openSession, remember } from './sessions.ts'
import type { AnyMachine } from './state-machine.ts'

/** Applies all entries that are decided, in order; returns what they came to. */
export function applyDecided(state: ReplicaState, machine: AnyMachine): Applied[] {
  const applied: Applied[] = []
  while (state.applied < state.decided) {
    const index = state.applied
    const entry = entryAt(state.entries, index)
    let outcome: Outcome | 'expired' | undefined
    if (entry.kind === 'command') {
      const { session, seq, ackedUpTo, operation } = entry
      outcome = earlierOutcome(state.sessions, session, seq)
      if (outcome === undefined) {
        outcome = outcomeOf(() => machine.apply(state.machine, operation))
        remember(state.sessions, session, seq, ackedUpTo, outcome)
      }
    } else if (entry.kind === 'open') {
      openSession(state.sessions, index, state.options.sessionsMax)
    } else if (entry.kind === 'configuration') {
      state.configuration = entry.configuration
    }
    state.applied++
    applied.push({ index, entry, outcome })
  }
  const { keepEntries } = state.options
  if (state.applied - state.entries.trimmed > 2 * keepEntries) trimBelow(state.entries, state.applied - keepEntries)
  return applied
}

/** What `run` returns or throws, as data. */
export function outcomeOf(run: () => unknown): Outcome {
  try {
    return { ok: true, value: run() }
  } catch (thrown) {
    const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown))
    return { ok: false, error: { name, message } }
  }
}

/** All that was applied, as a value. */
export function takeSnapshot(state: ReplicaState, machine: AnyMachine): LogSnapshot {
  const { applied, configuration, sessions } = state
  const value = machine.snapshot === undefined ? state.machine : machine.snapshot(state.machine)
  return { applied, configuration, sessions, machine: value }
}

/** Puts a snapshot that is ahead of this replica in place of what it has applied; entries behind it stay. */
export function installSnapshot(state: ReplicaState, snapshot: LogSnapshot, machine: AnyMachine): void {
  trimBelow(state.entries, snapshot.applied)
  state.applied = snapshot.applied
  state.decided = Math.max(state.decided, snapshot.applied)
  state.configuration = snapshot.configuration
  state.sessions.clear()
  for (const [number, { ackedUpTo, outcomes }] of snapshot.sessions)
    state.sessions.set(number, { ackedUpTo, outcomes: new Map(outcomes) })
  state.machine = machine.restore === undefined ? snapshot.machine : machine.restore(snapshot.machine)
}

/** The entry that ends the current configuration, if the log has it and it is not applied. */
export function pendingConfiguration(state: ReplicaState): LogConfiguration | undefined {
  const { entries } = state.entries
  const last = entries[entries.length - 1]
  return last?.kind === 'configuration' && last.configuration.number > state.configuration.number
    ? last.configuration
    : undefined
}
