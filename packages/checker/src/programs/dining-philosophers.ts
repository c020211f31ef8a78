/** `DiningPhilosophers.tla`: the solution of Chandy and Misra, where neighbours hand each other forks, as a model. */
import type { ModelCheckOptions } from '../check.ts'
import { model, witness } from '../model.ts'
import { noSymmetry, program } from './program.ts'

interface Fork {
  /** A philosopher, from 1. */
  readonly holder: number
  readonly clean: boolean
}

interface TableState {
  /** Fork `p` lies left of philosopher `p`; both count from 1, so place 0 is fork 1. */
  readonly forks: readonly Fork[]
  readonly hungry: readonly boolean[]
  readonly at: readonly ('loop' | 'eat' | 'think')[]
}

/** The model of `philosophers` at one table. */
function diningPhilosophers(philosophers: number) {
  const everyone = Array.from({ length: philosophers }, (_, index) => index + 1)
  const right = (p: number) => (p === philosophers ? 1 : p + 1)
  const left = (p: number) => (p === 1 ? philosophers : p - 1)
  const fork = (forks: TableState['forks'], number: number) => forks[number - 1] as Fork
  const isDirtyWith = (forks: TableState['forks'], number: number, p: number) =>
    fork(forks, number).holder === p && !fork(forks, number).clean
  /** Hands a dirty fork, cleaned, to who may want it: the left one first. */
  const handOver = (forks: TableState['forks'], p: number) => {
    if (isDirtyWith(forks, p, p)) return forks.with(p - 1, { holder: left(p), clean: true })
    if (isDirtyWith(forks, right(p), p)) return forks.with(right(p) - 1, { holder: right(p), clean: true })
    return forks
  }
  const canEat = (forks: TableState['forks'], p: number) =>
    [p, right(p)].every((number) => fork(forks, number).holder === p && fork(forks, number).clean)
  return model<TableState>({
    init: () => [
      {
        forks: everyone.map((number) => ({ holder: number === 2 ? 1 : number, clean: false })),
        hungry: everyone.map(() => true),
        at: everyone.map(() => 'loop' as const),
      },
    ],
    actions: {
      *loop(state) {
        for (const p of everyone) {
          if (state.at[p - 1] !== 'loop') continue
          const next = state.hungry[p - 1] ? (canEat(state.forks, p) ? 'eat' : 'loop') : 'think'
          yield witness({ ...state, forks: handOver(state.forks, p), at: state.at.with(p - 1, next) }, p)
        }
      },
      *think(state) {
        for (const p of everyone) {
          if (state.at[p - 1] !== 'think') continue
          yield witness({ ...state, hungry: state.hungry.with(p - 1, true), at: state.at.with(p - 1, 'loop') }, p)
        }
      },
      *eat(state) {
        for (const p of everyone) {
          if (state.at[p - 1] !== 'eat') continue
          let { forks } = state
          for (const number of [p, right(p)]) forks = forks.with(number - 1, { ...fork(forks, number), clean: false })
          yield witness({ forks, hungry: state.hungry.with(p - 1, false), at: state.at.with(p - 1, 'loop') }, p)
        }
      },
    },
  })
}

export const diningPhilosophersProgram = program({
  name: 'dining-philosophers',
  what: 'the dining philosophers, as the model DiningPhilosophers.tla',
  parameters: { philosophers: { what: 'philosophers', default: 5, min: 2, max: 16 } },
  network: undefined,
  options: ({ philosophers }, symmetry): ModelCheckOptions<TableState> => {
    if (symmetry) throw noSymmetry('dining-philosophers', 'the first two forks lie with one philosopher')
    const next = (p: number) => (p + 1) % philosophers
    return {
      model: diningPhilosophers(philosophers),
      always: {
        'neighbours do not eat at once': ({ at }) =>
          at.every((own, p) => own !== 'eat' || next(p) === p || at[next(p)] !== 'eat'),
      },
      sometimes: { 'somebody eats': ({ at }) => at.includes('eat') },
    }
  },
})
