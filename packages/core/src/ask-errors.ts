/** What askers are told whose asks were not carried out. */
import type { ActorCell } from './actor-cell.ts'
import { type Ref, refKey } from './actor-ref.ts'
import type { DeadLetterReason } from './effects.ts'
import { ActorStoppedError, AskAbortedError, NodeDownError, OverloadError } from './errors.ts'

/** An actor waits for `most` replies that become messages, and asks once more. */
export function tooManyAsks(from: ActorCell, name: string, most: number): OverloadError {
  return new OverloadError(
    `${from.path()} waits for ${most} replies and asks ${name}; ask less, or wait for some of them`,
    { actor: from.path(), message: name },
  )
}

/** The signal of the asker was aborted. */
export function askAborted(name: string, to: Ref, signal: AbortSignal): AskAbortedError {
  const facts = { message: name, to: refKey(to) }
  return new AskAbortedError(`the ask ${name} to ${refKey(to)} was aborted`, facts, { cause: signal.reason })
}

/** The actor is on a dead or unknown node. */
export function nodeDownError(node: string, name: string, to: Ref): NodeDownError {
  return new NodeDownError(`${name} to ${refKey(to)}: node ${node} is down or unknown`, { node, message: name })
}

/** The message has become a dead letter. */
export function refusalError(to: Ref, name: string, reason: DeadLetterReason): Error {
  if (reason === 'node-down') return nodeDownError(to.node, name, to)
  const facts = { to: refKey(to), message: name }
  if (reason === 'overload') {
    return new OverloadError(
      `${name} to ${refKey(to)}: the mailbox or the channel to it is full; send less or later`,
      facts,
    )
  }
  return new ActorStoppedError(`${name} to ${refKey(to)}: the actor is not there or stopped before it replied`, facts)
}
