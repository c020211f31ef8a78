/** `TwoPhase.tla` (Gray and Lamport, "Consensus on Transaction Commit", 2006), as a model. */
import type { ModelCheckOptions } from '../check.ts'
import { model, witness } from '../model.ts'
import { ids, program } from './program.ts'

interface TwoPhaseState {
  readonly rmState: Readonly<Record<string, 'working' | 'prepared' | 'committed' | 'aborted'>>
  readonly tmState: 'init' | 'committed' | 'aborted'
  readonly tmPrepared: ReadonlySet<string>
  /** Every message that was ever sent: `prepared` by the manager that sent it. */
  readonly prepared: ReadonlySet<string>
  readonly decisions: ReadonlySet<'commit' | 'abort'>
}

/** The model of `rms` managers. */
function twoPhaseCommitModel(rms: number) {
  const managers = ids('rm', rms)
  const withState = (state: TwoPhaseState, rm: string, to: TwoPhaseState['rmState'][string]) =>
    witness({ ...state, rmState: { ...state.rmState, [rm]: to } }, rm)
  return model<TwoPhaseState>({
    init: () => [
      {
        rmState: Object.fromEntries(managers.map((rm) => [rm, 'working' as const])),
        tmState: 'init',
        tmPrepared: new Set(),
        prepared: new Set(),
        decisions: new Set(),
      },
    ],
    actions: {
      *commit(state) {
        if (state.tmState !== 'init' || state.tmPrepared.size !== rms) return
        yield { ...state, tmState: 'committed', decisions: new Set([...state.decisions, 'commit' as const]) }
      },
      *abort(state) {
        if (state.tmState !== 'init') return
        yield { ...state, tmState: 'aborted', decisions: new Set([...state.decisions, 'abort' as const]) }
      },
      *receivePrepared(state) {
        if (state.tmState !== 'init') return
        for (const rm of state.prepared) yield witness({ ...state, tmPrepared: new Set([...state.tmPrepared, rm]) }, rm)
      },
      *prepare(state) {
        for (const rm of managers) {
          if (state.rmState[rm] !== 'working') continue
          const { state: next } = withState(state, rm, 'prepared')
          yield witness({ ...next, prepared: new Set([...state.prepared, rm]) }, rm)
        }
      },
      *chooseToAbort(state) {
        for (const rm of managers) if (state.rmState[rm] === 'working') yield withState(state, rm, 'aborted')
      },
      *receiveCommit(state) {
        if (state.decisions.has('commit')) for (const rm of managers) yield withState(state, rm, 'committed')
      },
      *receiveAbort(state) {
        if (state.decisions.has('abort')) for (const rm of managers) yield withState(state, rm, 'aborted')
      },
    },
  })
}

/** No manager has committed while another aborted. */
export function consistent({ rmState }: Pick<TwoPhaseState, 'rmState'>): boolean {
  const states = Object.values(rmState)
  return !(states.includes('committed') && states.includes('aborted'))
}

export const twoPhaseCommitModelProgram = program({
  name: 'two-phase-commit-model',
  what: 'two-phase commit, as the model TwoPhase.tla',
  parameters: { rms: { what: 'resource managers', default: 3, min: 1, max: 12 } },
  network: undefined,
  options: ({ rms }, symmetry): ModelCheckOptions<TwoPhaseState> => ({
    model: twoPhaseCommitModel(rms),
    always: { consistent },
    ...(symmetry ? { symmetry: [ids('rm', rms)] } : {}),
  }),
})
