/** `TCommit.tla` (Gray and Lamport, 2006): what transaction commit is, whatever the protocol, as a model. */
import type { ModelCheckOptions } from '../check.ts'
import { model, witness } from '../model.ts'
import { ids, program } from './program.ts'
import { consistent } from './two-phase-commit-model.ts'

interface CommitState {
  readonly rmState: Readonly<Record<string, 'working' | 'prepared' | 'committed' | 'aborted'>>
}

/** The model of `rms` managers. */
function transactionCommit(rms: number) {
  const managers = ids('rm', rms)
  const to = (state: CommitState, rm: string, next: CommitState['rmState'][string]) =>
    witness({ rmState: { ...state.rmState, [rm]: next } }, rm)
  return model<CommitState>({
    init: () => [{ rmState: Object.fromEntries(managers.map((rm) => [rm, 'working' as const])) }],
    actions: {
      *prepare(state) {
        for (const rm of managers) if (state.rmState[rm] === 'working') yield to(state, rm, 'prepared')
      },
      *decide(state) {
        const states = Object.values(state.rmState)
        const canCommit = states.every((one) => one === 'prepared' || one === 'committed')
        const canAbort = !states.includes('committed')
        for (const rm of managers) {
          const own = state.rmState[rm]
          if (own === 'prepared' && canCommit) yield to(state, rm, 'committed')
          if ((own === 'working' || own === 'prepared') && canAbort) yield to(state, rm, 'aborted')
        }
      },
    },
  })
}

export const transactionCommitProgram = program({
  name: 'transaction-commit',
  what: 'transaction commit, as the model TCommit.tla',
  parameters: { rms: { what: 'resource managers', default: 3, min: 1, max: 12 } },
  network: undefined,
  options: ({ rms }, symmetry): ModelCheckOptions<CommitState> => ({
    model: transactionCommit(rms),
    always: { consistent },
    ...(symmetry ? { symmetry: [ids('rm', rms)] } : {}),
  }),
})
