/** What holds of every state of a replicated log in the checker, and what is to happen in some, so that it holds of something. */
import type { CheckOptions, StateView } from '@troupe/checker'
import { compareBallots } from '@troupe/consensus'
import type { ReplicaState } from '@troupe/consensus/parts'

/** What the properties are about. */
interface CheckedLog {
  /** The replicas, as the checker calls them. */
  readonly actors: readonly string[]
  /** Replicas that have to store an entry before it is decided. */
  readonly quorum: number
  readonly commands: readonly string[]
  /** Entries that are decided at the beginning, under ballots up to number 1. */
  readonly begun: number
  readonly crashes: number
  readonly leaderChanges: number
}

type LogProperties = Required<Pick<CheckOptions<any>, 'always' | 'sometimes'>>

/** The properties of a log. */
export function logProperties(log: CheckedLog): LogProperties {
  const { actors, quorum, commands, begun, crashes, leaderChanges } = log
  const states = (view: StateView): ReplicaState[] => actors.map((actor) => view.state(actor))
  const decided = (view: StateView): string[] =>
    states(view)
      .map(decidedOf)
      .reduce((left, right) => (right.length > left.length ? right : left))
  const competing = leaderChanges > 0 && actors.length > 1
  return {
    always: {
      agreement: (view) => {
        const longest = decided(view)
        return states(view).every((state) => decidedOf(state).every((entry, index) => entry === longest[index]))
      },
      'a decided entry is on the disks of a quorum': (view) => {
        const disks = actors.map((actor) => textsOf(view.synced(actor)))
        return decided(view).every((entry, index) => disks.filter((disk) => disk[index] === entry).length >= quorum)
      },
      'a command is applied once': (view) =>
        states(view).every(({ machine }) => new Set(machine).size === machine.length),
      'what is decided was asked for': (view) =>
        states(view).every(({ entries, decided: length }) =>
          entries.entries
            .slice(begun, length)
            .every(
              (entry) =>
                entry.kind === 'empty' ||
                (entry.kind === 'commands' && entry.operations.every((operation) => isOneOf(operation, commands))),
            ),
        ),
      'applied, decided and length are in order': (view) =>
        states(view).every(({ applied, decided: length, entries }) => {
          return applied <= length && length <= entries.entries.length
        }),
    },
    sometimes: {
      'every command is applied': (view) => states(view).some(({ machine }) => machine.length === commands.length),
      ...(competing && {
        'a leader takes over what another proposed': (view) =>
          states(view).some(({ lead }) => lead?.elected && (lead.adopted?.n ?? 0) > 1),
      }),
      ...(competing &&
        commands.length > 0 && {
          'a command is decided twice': (view) => {
            const own = decided(view).filter((entry) => entry.includes('"commands"'))
            return new Set(own).size < own.length
          },
        }),
      ...(crashes > 0 &&
        actors.length > 1 && {
          'a vote is not synced when its node crashes': (view) =>
            actors.some((actor) => {
              const { lead, acceptedBallot }: ReplicaState = view.state(actor)
              const { acceptedBallot: synced }: ReplicaState = view.synced(actor)
              return lead === undefined && compareBallots(acceptedBallot, synced) > 0
            }),
        }),
      // A leader that is a quorum by itself has synced what it sends.
      ...(crashes > 0 &&
        quorum > 1 && {
          'a leader comes back without what others accepted from it': (view) =>
            states(view).some(({ id, lead, promised, acceptedBallot }) =>
              states(view).some(
                (other) =>
                  lead === undefined &&
                  other.acceptedBallot?.node === id &&
                  compareBallots(other.acceptedBallot, promised) === 0 &&
                  compareBallots(other.acceptedBallot, acceptedBallot) > 0,
              ),
            ),
        }),
    },
  }
}

const texts = new WeakMap<object, string[]>()

/** The entries of a state as text, remembered: what the checker shows is frozen. */
function textsOf({ entries }: ReplicaState): string[] {
  let known = texts.get(entries)
  if (known === undefined) {
    known = entries.entries.map((entry) => JSON.stringify(entry))
    texts.set(entries, known)
  }
  return known
}

function decidedOf(state: ReplicaState): string[] {
  return textsOf(state).slice(0, state.decided)
}

function isOneOf(value: unknown, values: readonly unknown[]): boolean {
  return values.includes(value)
}
