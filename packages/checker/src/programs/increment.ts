/** Processes that read a shared counter, add one and write it back, without a lock: an update gets lost. */
import type { ModelCheckOptions } from '../check.ts'
import { model, witness } from '../model.ts'
import { ids, program } from './program.ts'

interface CounterState {
  readonly counter: number
  /** What each process has read, or that it has written. */
  readonly processes: Readonly<Record<string, { readonly at: 'start' | 'read' | 'done'; readonly read: number }>>
}

/** The model of `processes` processes. */
function increment(processes: number) {
  const names = ids('p', processes)
  return model<CounterState>({
    init: () => [
      { counter: 0, processes: Object.fromEntries(names.map((id) => [id, { at: 'start' as const, read: 0 }])) },
    ],
    actions: {
      *read({ counter, processes }) {
        for (const id of names) {
          if (processes[id]?.at !== 'start') continue
          yield witness({ counter, processes: { ...processes, [id]: { at: 'read' as const, read: counter } } }, id)
        }
      },
      *write({ processes }) {
        for (const id of names) {
          const own = processes[id]
          if (own?.at !== 'read') continue
          yield witness(
            { counter: own.read + 1, processes: { ...processes, [id]: { at: 'done' as const, read: 0 } } },
            id,
          )
        }
      },
    },
  })
}

export const incrementProgram = program({
  name: 'increment',
  what: 'a shared counter without a lock',
  parameters: { processes: { what: 'processes', default: 2, min: 1, max: 8 } },
  network: undefined,
  options: ({ processes }, symmetry): ModelCheckOptions<CounterState> => ({
    model: increment(processes),
    always: {
      'no update is lost': ({ counter, processes }) =>
        counter === Object.values(processes).filter(({ at }) => at === 'done').length,
    },
    ...(symmetry ? { symmetry: [ids('p', processes)] } : {}),
  }),
})
