/** A Paxos instance as seen from outside the actors: propose a value, ask what was decided. */
import type { ActorSystem, AskOptions } from '@troupe/core'
import { ConfigurationError } from '@troupe/core'
import { type Configuration, type Member, memberOf } from './configuration.ts'
import type { AcceptorStatus, Learned, ProposerStatus } from './messages.ts'

/** How to propose. */
export interface ProposeOptions extends AskOptions {
  /** The id of the member whose proposer is asked. Default: each in turn, until one answers. */
  readonly via?: string
}

/** The handle that `startPaxos` returns. `Value` is what this instance decides on: plain data. */
export class PaxosClient<Value = unknown> {
  readonly configuration: Configuration
  readonly #system: ActorSystem

  constructor(system: ActorSystem, configuration: Configuration) {
    this.#system = system
    this.configuration = configuration
  }

  /**
   * Proposes `value` and resolves to the value that was decided, which may be another client's. Rejects as an ask does
   * when no proposer answered in time (5,000 ms each unless `timeoutMs` says otherwise); the value may then still be
   * decided later, and proposing again is harmless.
   */
  async propose(value: Value, options: ProposeOptions = {}): Promise<Value> {
    const { via, ...askOptions } = options
    const { instance, members } = this.configuration
    let failure: unknown
    for (const { proposer } of via === undefined ? members : [this.#member(via)]) {
      try {
        return (await this.#system.askWith(askOptions, proposer, 'propose', { instance, value })) as Value
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  /** What the learner of member `id` knows. */
  async learned(id: string): Promise<Learned> {
    return await this.#system.ask(this.#member(id).learner, 'learned')
  }

  /** Where the proposer of member `id` stands. */
  async proposerStatus(id: string): Promise<ProposerStatus> {
    return await this.#system.ask(this.#member(id).proposer, 'status')
  }

  /** What the acceptor of member `id` has promised and voted: durable, since the reply leaves after the sync. */
  async acceptorStatus(id: string): Promise<AcceptorStatus> {
    return await this.#system.ask(this.#member(id).acceptor, 'status')
  }

  #member(id: string): Member {
    const { instance, members } = this.configuration
    const member = memberOf(this.configuration, id)
    if (member === undefined) {
      const known = members.map((each) => each.id).join(', ')
      throw new ConfigurationError(`Paxos instance ${instance} has no member ${id}; it has: ${known}`, { instance, id })
    }
    return member
  }
}
