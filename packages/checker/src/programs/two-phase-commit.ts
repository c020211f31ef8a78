/**
 * Two-phase commit as `TwoPhase.tla` (Gray and Lamport, "Consensus on Transaction Commit", 2006) has it, as actors:
 * what a process may do by itself, whenever it likes, is a pending timer.
 */
import { type ActorRef, defineActor } from '@troupe/core'
import type { CheckOptions } from '../check.ts'
import type { StateView } from '../state-view.ts'
import { ids, program } from './program.ts'

type CoordinatorProtocol = {
  prepared: (manager: string) => void
  commit: () => void
  abort: () => void
}
type ManagerProtocol = {
  prepare: () => void
  refuse: () => void
  committed: () => void
  aborted: () => void
}

interface CoordinatorState {
  decision: 'none' | 'committed' | 'aborted'
  prepared: Set<string>
  managers: Set<ActorRef<ManagerProtocol>>
}

export interface ManagerState {
  phase: 'working' | 'prepared' | 'committed' | 'aborted'
  coordinator: ActorRef<CoordinatorProtocol>
}

/** `commitAfter`: how many managers must have prepared; all of them, in the protocol as it should be. */
export const Coordinator = defineActor<CoordinatorProtocol>()({
  name: 'Coordinator',
  init: (args: {
    managers: Set<ActorRef<ManagerProtocol>>
    commitAfter: number
  }): CoordinatorState & {
    commitAfter: number
  } => ({ ...args, decision: 'none', prepared: new Set() }),
  started(_state, ctx) {
    ctx.timers.once({ key: 'abort', delayMs: 1 }, 'abort')
  },
  on: {
    prepared(state, manager, ctx) {
      if (state.decision !== 'none') return
      state.prepared.add(manager)
      if (state.prepared.size >= state.commitAfter) ctx.timers.once({ key: 'commit', delayMs: 1 }, 'commit')
    },
    commit(state, _message, ctx) {
      state.decision = 'committed'
      ctx.timers.cancel('abort')
      for (const manager of state.managers) ctx.tell(manager, 'committed')
    },
    abort(state, _message, ctx) {
      state.decision = 'aborted'
      ctx.timers.cancel('commit')
      for (const manager of state.managers) ctx.tell(manager, 'aborted')
    },
  },
})

export const Manager = defineActor<ManagerProtocol>()({
  name: 'Manager',
  init: (args: { coordinator: ActorRef<CoordinatorProtocol> }): ManagerState => ({ ...args, phase: 'working' }),
  started(_state, ctx) {
    ctx.timers.once({ key: 'prepare', delayMs: 1 }, 'prepare')
    ctx.timers.once({ key: 'refuse', delayMs: 1 }, 'refuse')
  },
  on: {
    prepare(state, _message, ctx) {
      state.phase = 'prepared'
      ctx.timers.cancel('refuse')
      ctx.tell(state.coordinator, 'prepared', ctx.self.name as string)
    },
    refuse(state, _message, ctx) {
      state.phase = 'aborted'
      ctx.timers.cancel('prepare')
    },
    committed(state, _message, ctx) {
      state.phase = 'committed'
      cancelAll(ctx.timers)
    },
    aborted(state, _message, ctx) {
      state.phase = 'aborted'
      cancelAll(ctx.timers)
    },
  },
})

function cancelAll(timers: { cancel(key: string): void }): void {
  timers.cancel('prepare')
  timers.cancel('refuse')
}

const phases = (view: StateView) =>
  view.actors.filter((name) => name.startsWith('rm')).map((name) => view.state<ManagerState>(name).phase)

/** No manager committed while another aborted. */
const consistent = (view: StateView) => {
  const seen = phases(view)
  return !(seen.includes('committed') && seen.includes('aborted'))
}

/** The check of `rms` managers, with a coordinator that commits after `commitAfter` of them prepared. */
export function twoPhaseCommit(rms: number, { commitAfter = rms } = {}) {
  const names = ids('rm', rms)
  return {
    actors: [
      {
        name: 'coordinator',
        definition: Coordinator,
        args: (ref: (name: string) => ActorRef<any>) => ({ managers: new Set(names.map(ref)), commitAfter }),
      },
      ...names.map((name) => ({
        name,
        definition: Manager,
        args: (ref: (name: string) => ActorRef<any>) => ({ coordinator: ref('coordinator') }),
      })),
    ],
    network: 'duplicating',
    always: { consistent },
    sometimes: {
      'all commit': (view: StateView) => phases(view).every((phase) => phase === 'committed'),
      'all abort': (view: StateView) => phases(view).every((phase) => phase === 'aborted'),
    },
  } satisfies CheckOptions<any>
}

export const twoPhaseCommitProgram = program({
  name: 'two-phase-commit',
  what: 'two-phase commit, as actors',
  parameters: { rms: { what: 'resource managers', default: 3, min: 1, max: 12 } },
  network: 'duplicating',
  options: ({ rms }, symmetry) => ({ ...twoPhaseCommit(rms), ...(symmetry ? { symmetry: [ids('rm', rms)] } : {}) }),
})
