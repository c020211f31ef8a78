/** Random turns that await, against the same turns as actors that ask by `ctx.askThen` and remember: they are the same systems. */
import { type ActorContext, type ActorRef, defineActor } from '@troupe/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CheckOptions, type CheckResult, check, checkAsync, type StateView } from '../src/index.ts'

type Instruction =
  | { readonly kind: 'ask'; readonly add: number }
  | { readonly kind: 'draw' }
  | { readonly kind: 'tell' }
  | { readonly kind: 'note' }

type ServerProtocol = { add: (amount: number) => number; poke: () => void }
type ClientProtocol = { got: (value: number) => void; failed: (error: Error) => void }

const Server = defineActor<ServerProtocol>()({
  name: 'Server',
  init: () => ({ sum: 0, poked: false }),
  supervise: { onFailure: 'resume' },
  on: {
    add(state, amount) {
      if (amount === 0) throw new RangeError('nothing to add')
      state.sum = (state.sum + amount) % 4
      return state.sum
    },
    poke(state) {
      state.poked = true
    },
  },
})

interface ClientState {
  readonly server: ActorRef<ServerProtocol>
  readonly program: readonly Instruction[]
  /** The next instruction; what it knows. Nothing of a turn that awaits. */
  at: number
  heard: unknown[]
  /** What is to be seen outside. */
  notes: number
  result: string
}

const first = ({ server, program }: Pick<ClientState, 'server' | 'program'>): ClientState => ({
  ...{ server, program, at: 0, heard: [], notes: 0, result: '' },
})

/** All but an ask. */
function perform(state: ClientState, { kind }: Instruction, heard: unknown[], ctx: ActorContext<any>): void {
  if (kind === 'draw') heard.push(ctx.random.int(2))
  if (kind === 'tell') ctx.tell(state.server, 'poke')
  if (kind === 'note') state.notes++
}

const Awaiting = defineActor<ClientProtocol>()({
  name: 'Awaiting',
  init: first,
  async started(state, ctx) {
    const heard: unknown[] = []
    for (const instruction of state.program) {
      if (instruction.kind !== 'ask') perform(state, instruction, heard, ctx)
      else heard.push(await ctx.ask(state.server, 'add', instruction.add).catch(({ name }: Error) => name))
    }
    state.result = heard.join()
  },
  on: {
    got() {},
    failed() {},
  },
})

const Asking = defineActor<ClientProtocol>()({
  name: 'Asking',
  init: first,
  started: goOn,
  on: {
    got(state, value, ctx) {
      state.heard.push(value)
      goOn(state, ctx)
    },
    failed(state, { name }, ctx) {
      state.heard.push(name)
      goOn(state, ctx)
    },
  },
})

function goOn(state: ClientState, ctx: ActorContext<ClientProtocol>): void {
  while (state.at < state.program.length) {
    const instruction = state.program[state.at++] as Instruction
    if (instruction.kind === 'ask') {
      ctx.askThen({ onReply: 'got', onError: 'failed' }, state.server, 'add', instruction.add)
      return
    }
    perform(state, instruction, state.heard, ctx)
  }
  state.result = state.heard.join()
  state.heard = []
}

const instruction = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ask' as const), add: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('draw' as const, 'tell' as const, 'note' as const) }) },
)
const programOf = (maxLength: number) => fc.array(instruction, { maxLength })
/** Few of them have many states. */
const systems = fc.oneof(
  fc.record({ programs: fc.tuple(programOf(4)), crashes: fc.constant(0) }),
  fc.record({ programs: fc.tuple(programOf(2)), crashes: fc.constant(1) }),
  fc.record({ programs: fc.tuple(programOf(3), programOf(2)), crashes: fc.constant(0) }),
)
const networks = fc.constantFrom<Partial<CheckOptions<any>>>(
  { network: 'unordered' },
  { network: 'duplicating' },
  { network: 'ordered' },
  { network: 'ordered', lossy: true },
)

function systemOf(
  definition: typeof Awaiting | typeof Asking,
  given: readonly (readonly Instruction[])[],
  options: Partial<CheckOptions<any>>,
) {
  const seen = new Set<string>()
  const names = given.map((_program, index) => `client${index}`)
  const checked: CheckOptions<any> = {
    network: 'ordered',
    stopAtViolation: false,
    ...options,
    actors: [
      { name: 'server', definition: Server },
      ...given.map((program, index) => ({
        name: `client${index}`,
        node: `node${index}`,
        definition,
        args: (ref: (name: string) => ActorRef<any>) => ({ server: ref('server'), program }),
      })),
    ],
    always: {
      note(view: StateView) {
        const clients = names.map((name, index) => {
          const { notes, result } = view.state<ClientState>(`node${index}/${name}`)
          return [notes, result, view.asks(`node${index}/${name}`).length]
        })
        seen.add(JSON.stringify([view.state('server'), clients, view.messages().length]))
        return true
      },
      'the sum is not 3': (view) => view.state('server').sum !== 3,
    },
    eventually: {
      'all are done': (view) => names.every((name, index) => view.asks(`node${index}/${name}`).length === 0),
    },
    fair: 'weak',
  }
  return { checked, seen }
}

function figuresOf({ distinct, generated, depth, always, eventually, complete, counterexamples }: CheckResult) {
  const found = counterexamples.map(({ kind, property, steps }) => [kind, property, steps.length])
  return { distinct, generated, depth, always, eventually, complete, found }
}

test('turns that await are systems of as many states, steps and verdicts', async () => {
  await fc.assert(
    fc.asyncProperty(systems, networks, async ({ programs: given, crashes }, options) => {
      const asking = systemOf(Asking, given, { ...options, crashes })
      const awaiting = systemOf(Awaiting, given, { ...options, crashes })
      expect(figuresOf(await checkAsync(awaiting.checked))).toEqual(figuresOf(check(asking.checked)))
      expect([...awaiting.seen].sort()).toEqual([...asking.seen].sort())
    }),
    { numRuns: 40 },
  )
}, 60_000)
