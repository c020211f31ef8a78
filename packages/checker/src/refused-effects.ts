/** The effects of core that this version cannot explore: a turn that has one of them is refused. */
import { refKey } from '@troupe/core'
import type { ActorCell, CompiledDefinition, Envelope, Ref } from '@troupe/core/host'
import type { CheckerError } from './checker-error.ts'

/** What is explored, for those who are refused something else. */
export const supported = 'this version checks tells, asks by ctx.askThen, children, stops, timers and random choices'

export abstract class RefusedEffects {
  /** Notes, and returns, the error that this turn does what cannot be explored. */
  abstract refuse(what: string): CheckerError

  ask(_from: ActorCell, to: Ref, name: string, ..._others: readonly unknown[]): Promise<unknown> {
    throw this.refuse(
      `asks ${name} of ${refKey(to)} and awaits the reply; ${supported}: ask by ctx.askThen, or checkAsync`,
    )
  }

  offer(_from: ActorCell, to: Ref, name: string): never {
    throw this.refuse(`sends ${name} to ${refKey(to)} and waits until it is taken; ${supported}: tell`)
  }

  openStream(_from: ActorCell, { name }: Envelope): never {
    throw this.refuse(`answers ${name} with a stream; ${supported}: tell the items, one message each`)
  }

  streamed(): never {
    throw this.refuse(`streams; ${supported}`)
  }

  now(): never {
    throw this.refuse('reads ctx.now(); here time is a choice, not a number: let a timer say that time has passed')
  }

  monotonicNow(): never {
    throw this.refuse(
      'reads ctx.monotonicNow(); here time is a choice, not a number: let a timer say that time has passed',
    )
  }

  spawnOn(_from: ActorCell, _node: unknown, { name }: CompiledDefinition): never {
    throw this.refuse(`spawns ${name} by ctx.spawnOn; ${supported}: spawn it by ctx.spawn, or name it in actors`)
  }

  forget(): never {
    throw this.refuse(`forgets its history, which stops it; ${supported}: let a state say that it is over`)
  }

  kill(): never {
    throw this.refuse(`kills an actor; ${supported}: let a state say that it is over`)
  }

  link(): never {
    throw this.refuse(`links itself to an actor; ${supported}: no actor ends`)
  }

  unlink(): never {
    throw this.refuse(`takes back a link; ${supported}: no actor ends`)
  }

  watch(): never {
    throw this.refuse(`watches an actor; ${supported}: no actor ends`)
  }

  unwatch(): never {
    throw this.refuse(`unwatches an actor; ${supported}: no actor ends`)
  }

  lookupPath(_from: ActorCell, path: string): never {
    throw this.refuse(`looks up ${path}; ${supported}: give it the reference`)
  }

  backlog(_from: ActorCell, to: Ref): never {
    throw this.refuse(`reads how much waits for ${refKey(to)}; ${supported}: let that actor say it`)
  }

  task(_from: ActorCell, task: { readonly name: string }): never {
    throw this.refuse(`runs task ${task.name}; ${supported}: call its function in the handler`)
  }
}
