/** The hosts that programs run on: each gives the notes of one program. */
import { type ActorRef, type ActorSystem, createLocalSystem } from '@troupe/core'
import { simulate } from '@troupe/simulation'
import { createSystem, type ThreadSystem } from '@troupe/threads'
import type { Program } from './script.ts'
import { type Note, Scripted, Witness } from './scripted.ts'

/** Longer than any program takes in virtual time. */
const quietMs = 10_000
/** How long a thread system may take to bring what the other hosts saw; beyond, what is there is compared. */
const completionMs = 3_000

/** Runs `program` on one node in virtual time. */
export async function runLocally(program: Program): Promise<readonly Note[]> {
  const system = createLocalSystem()
  const { notes } = await start(system, program, { nodes: system.nodes, serial: 0 })
  await system.advance(quietMs)
  const seen = await notes()
  await system.stop()
  return seen
}

/** Runs `program` in a simulation of three nodes, with no faults but those asked for. */
export async function runSimulated(program: Program, seed: number): Promise<readonly Note[]> {
  let seen: readonly Note[] = []
  await simulate({ seed, nodes: 3 }, async (world) => {
    const { notes } = await start(world, program, { nodes: world.nodes, serial: 0 })
    await world.sleep(quietMs)
    seen = await notes()
  })
  return seen
}

/** Runs programs on one thread system. */
export class ThreadRuns implements AsyncDisposable {
  readonly #system: ThreadSystem
  #serial = 0

  private constructor(system: ThreadSystem) {
    this.#system = system
  }

  /** `servicesModule` is loaded on every thread: a mistake can be planted by it. */
  static async open(options: { readonly servicesModule?: URL } = {}): Promise<ThreadRuns> {
    return new ThreadRuns(await createSystem({ threads: 3, ...options }))
  }

  /** Runs `program` until `expected` notes are there, then looks once more after its actors were stopped. */
  async run(program: Program, expected: number): Promise<readonly Note[]> {
    const { witness, actors, notes } = await start(this.#system, program, {
      nodes: this.#system.nodes,
      serial: ++this.#serial,
    })
    await witness.askWith({ timeoutMs: completionMs }, 'when', expected).catch(() => undefined)
    // What comes although it should not, comes before its actor is gone.
    await Promise.all(actors.map((actor) => actor.stop()))
    const seen = await notes()
    await witness.stop()
    return seen
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#system.stop()
  }
}

/** Spawns the actors of a program, introduces them to each other and tells them where it starts. */
async function start(
  system: ActorSystem,
  program: Program,
  { nodes, serial }: { readonly nodes: readonly string[]; readonly serial: number },
) {
  const peers = program.places.map((place, index) => ({
    node: nodes[place % nodes.length] as string,
    name: `program-${serial}.actor-${index}`,
  }))
  const witness = await system.spawn(Witness, undefined, {
    node: nodes[0] as string,
    mailbox: { capacity: Number.POSITIVE_INFINITY },
  })
  const actors = await Promise.all(
    peers.map(({ node, name }, index) => {
      const args = { id: `actor-${index}`, peers, nodes, index, witness: witness.ref, fails: false }
      return system.spawn(Scripted, args, { node, name, supervise: { maxRestarts: 1_000 } })
    }),
  )
  const refs: ActorRef<any>[] = actors.map(({ ref }) => ref)
  await Promise.all(actors.map((actor) => actor.ask('meet', refs)))
  for (const { to, body } of program.start) actors[to]?.tell('run', { lane: 'start', from: 'outside', body })
  return { witness, actors, notes: () => witness.ask('notes') }
}
