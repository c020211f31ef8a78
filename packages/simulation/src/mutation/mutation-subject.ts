/** What a mutation run works on: a program whose definitions can be replaced, under many seeds. */
import type { SystemView } from '../cell-view.ts'
import type { Claims, EventuallyOptions, Predicate } from '../properties.ts'
import { simulate } from '../simulate.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { SimulationFailure } from '../simulation-errors.ts'
import type { SimulationScenarioOptions } from '../simulation-scenario.ts'
import type { ObserveOptions } from '../trace.ts'
import type { Replace } from './varied-definition.ts'

/** What became of one run, clean or mutated. */
export interface MutationRun {
  /** What was violated, crashed or not reached in time; `undefined` when the run is as it should be. */
  readonly failure: { readonly what: string; readonly message: string } | undefined
  /** The `sometimes` claims, and whether the run reached each. */
  readonly claims: Claims
  /** The names of the messages that the network doubled, and of those that it put out of order. */
  readonly duplicated: Iterable<string>
  readonly reordered: Iterable<string>
  /** Equal for two runs in which the same happened, if the subject has such a word: tells whether a record is of this program. */
  readonly hash?: string
}

/** A program under many seeds, and a small instance of it for a checker if there is one. */
export interface MutationSubject {
  /**
   * Runs the program under a seed with the definitions that `replace` gives for its own, in each spawn from outside.
   * Equal arguments give equal runs. A run that fails is a result.
   */
  run(seed: number, replace: Replace): Promise<MutationRun>
  /** Explores a small instance; the name of the property that does not hold, `undefined` when all do. */
  check?(replace: Replace): string | undefined
}

/** `program` as a subject, as it stands: what it spawns, and looks for in views, is replaced by itself. */
export function simulatedSubject(
  options: SimulationScenarioOptions,
  program: (world: SimulatedWorld) => Promise<unknown>,
): MutationSubject {
  return {
    async run(seed, replace) {
      const network = new DistortedMessages()
      const watched = async (world: SimulatedWorld) => {
        network.watch(world)
        return program(withReplaced(world, replace))
      }
      try {
        const { claims, hash } = await simulate({ ...options, seed }, watched)
        return { failure: undefined, claims, ...network.names, hash }
      } catch (error) {
        if (!(error instanceof SimulationFailure)) throw error
        const { property, reason, claims, hash } = error.facts
        return { failure: { what: property ?? reason, message: error.message }, claims, ...network.names, hash }
      }
    },
  }
}

const distorted: ObserveOptions = { only: ['duplicated', 'reordered'] }

/** The names of the messages that a network doubled or put out of order in one run. */
export class DistortedMessages {
  readonly #duplicated = new Set<string>()
  readonly #reordered = new Set<string>()

  /** Listens to the run. */
  watch(world: SimulatedWorld): void {
    world.observe((event) => {
      if (event.type === 'duplicated') this.#duplicated.add(event.message)
      else if (event.type === 'reordered') this.#reordered.add(event.message)
    }, distorted)
  }

  get names(): Pick<MutationRun, 'duplicated' | 'reordered'> {
    return { duplicated: this.#duplicated, reordered: this.#reordered }
  }
}

/** The world with definitions replaced, where actors are started and where they are looked for. */
function withReplaced(world: SimulatedWorld, replace: Replace): SimulatedWorld {
  const viewed = (view: SystemView): SystemView =>
    Object.create(view, {
      cells: { value: ((definition) => view.cells(definition && replace(definition))) as SystemView['cells'] },
      changed: { value: ((definition) => view.changed(definition && replace(definition))) as SystemView['changed'] },
    })
  const predicated =
    <Result>(predicate: (view: SystemView) => Result) =>
    (view: SystemView) =>
      predicate(viewed(view))
  const own: Partial<Record<string | symbol, unknown>> = {
    spawn: ((definition, args, options) => world.spawn(replace(definition), args, options)) as SimulatedWorld['spawn'],
    always: ((name, predicate, { of, ...options } = {}) =>
      world.always(name, predicated(predicate), {
        ...options,
        ...(of === undefined ? {} : { of: replace(of) }),
      })) as SimulatedWorld['always'],
    sometimes: (name: string, condition: boolean | Predicate) =>
      world.sometimes(name, typeof condition === 'boolean' ? condition : predicated(condition)),
    eventually: (name: string, { withinMs, predicate }: EventuallyOptions) =>
      world.eventually(name, { withinMs, predicate: predicated(predicate) }),
  }
  return new Proxy(world, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return own[key]
      const value: unknown = Reflect.get(target, key, target)
      if (key === 'view') return viewed(value as SystemView)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
