/** Placement: which node an actor is started on. The candidates are the nodes that are up, as the kernel knows them. */
import { type ActorRef, refKey } from './actor-ref.ts'
import { ConfigurationError, NodeDownError, toError } from './errors.ts'
import type { Membership } from './membership.ts'
import { rendezvous } from './rendezvous.ts'

/**
 * Where an actor is to live: a node's name, `local` (the node of who asks), `spread` (the candidates in turn), the name of
 * a policy that the host was given, `near` another actor (its node), or by `key`: always the same node for the same key
 * while the same nodes are up, and of all keys few move when a node comes or goes.
 */
export type NodeChoice = string | { readonly near: ActorRef<any> } | { readonly key: string }

/** What is to be placed. */
export interface PlacementRequest {
  /** The name of the actor's definition. */
  readonly definition: string
  /** The name that the actor is given, if it is. */
  readonly name?: string
  /** Who spawns it; nobody, from outside the actors. */
  readonly spawner?: ActorRef<any>
}

/** Chooses one of `candidates`, the nodes that are up, by name; at least one. */
export type PlacementPolicy = (candidates: readonly string[], request: PlacementRequest) => string
/** Policies by name, as hosts take them. */
export type PlacementPolicies = Readonly<Record<string, PlacementPolicy>>

/** The node of the thread that made the system, or of the program of a simulation. It never fails by itself. */
export const mainNode = 'main'

/** What a policy cannot be called. */
const reserved: readonly string[] = ['local', 'spread']

export class Placement {
  readonly #node: string
  readonly #programNode: string | undefined
  readonly #membership: Membership
  readonly #policies: PlacementPolicies
  #next = 0

  /** Throws a `ConfigurationError` for a policy that is no function or has a name that means something else. */
  constructor(
    ports: {
      readonly node: string
      readonly placement?: PlacementPolicies
      readonly programNode?: string
    },
    membership: Membership,
  ) {
    this.#node = ports.node
    this.#programNode = ports.programNode
    this.#membership = membership
    this.#policies = ports.placement ?? {}
    for (const [name, policy] of Object.entries(this.#policies)) {
      if (typeof policy === 'function' && !reserved.includes(name)) continue
      throw new ConfigurationError(
        `placement policy ${name} must be a function, and be called neither ${reserved.join(' nor ')}`,
        { policy: name },
      )
    }
  }

  /** The nodes that are up, by name; without the program's own where there are, or were, others. */
  get candidates(): string[] {
    const all = this.#membership.members.map(({ node }) => node)
    const others = all.filter((node) => node !== this.#programNode)
    return this.#membership.hadOthers ? others : all
  }

  hasPolicy(name: string): boolean {
    return Object.hasOwn(this.#policies, name)
  }

  /**
   * The node that is meant. Throws a `NodeDownError` when there is no candidate or the actor that it is to be near lives
   * on a node that is down; a `ConfigurationError` for a malformed choice, and for a policy that throws or names a node
   * that is not up. A string that is no policy is taken for a node: whether that is up shows when it is asked.
   */
  choose(choice: NodeChoice, request: PlacementRequest): string {
    if (typeof choice === 'string') {
      if (this.hasPolicy(choice)) return this.#byPolicy(choice, request)
      if (choice === 'local') return this.#node
      if (choice !== 'spread') return choice
      const candidates = this.#someCandidates(request)
      return candidates[this.#next++ % candidates.length] as string
    }
    if (typeof choice === 'object' && choice !== null) {
      if ('near' in choice && typeof choice.near?.node === 'string') return this.#near(choice.near, request)
      if ('key' in choice && typeof choice.key === 'string') {
        const candidates = this.#someCandidates(request)
        return candidates[rendezvous(choice.key, candidates)] as string
      }
    }
    throw new ConfigurationError(
      `spawn of ${request.definition}: node is a name, 'local', 'spread', a policy, { near: ref } or { key: 'text' }`,
      { definition: request.definition },
    )
  }

  #near(ref: ActorRef<any>, { definition }: PlacementRequest): string {
    if (this.#membership.has(ref.node)) return ref.node
    throw new NodeDownError(`spawn of ${definition} near ${refKey(ref)}: node ${ref.node} is down or unknown`, {
      node: ref.node,
      definition,
    })
  }

  #byPolicy(name: string, request: PlacementRequest): string {
    const candidates = this.#someCandidates(request)
    const facts = { policy: name, definition: request.definition, candidates }
    let chosen: string
    try {
      chosen = (this.#policies[name] as PlacementPolicy)(Object.freeze([...candidates]), request)
    } catch (cause) {
      const message = `spawn of ${request.definition}: placement policy ${name} threw: ${toError(cause).message}`
      throw new ConfigurationError(message, facts, { cause })
    }
    if (typeof chosen === 'string' && this.#membership.has(chosen)) return chosen
    throw new ConfigurationError(
      `spawn of ${request.definition}: placement policy ${name} chose ${String(chosen)}, which is not up; up are ${candidates.join(', ')}`,
      facts,
    )
  }

  #someCandidates({ definition }: PlacementRequest): string[] {
    const { candidates } = this
    if (candidates.length > 0) return candidates
    throw new NodeDownError(`spawn of ${definition}: no node is up`, { definition })
  }
}
