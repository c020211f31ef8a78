/** An actor's stash: messages put aside, to be handled later. Bounded; what is in it goes back before the mailbox. */
import type { ActorCell } from './actor-cell.ts'
import { type Envelope, EnvelopeKind } from './envelope.ts'
import { ConfigurationError, StashOverflowError } from './errors.ts'
import type { Mailbox } from './mailbox.ts'

/** Throws a {@link StashOverflowError} when `count` messages are all that `cell` may put aside. */
export function assertStashHasRoom(cell: ActorCell, count: number): void {
  const capacity = cell.mailbox.policy.stashCapacity
  if (count < capacity) return
  throw new StashOverflowError(
    `${cell.path()} has ${count} messages in its stash, which is full: call ctx.unstashAll earlier, or raise mailbox.stashCapacity`,
    { actor: cell.path(), capacity },
  )
}

/** The message of a turn, if it may be put aside; throws a {@link ConfigurationError} that says why not. */
export function stashable(cell: ActorCell, envelope: Envelope | undefined): Envelope {
  if (envelope?.kind !== EnvelopeKind.message) {
    throw new ConfigurationError(
      `${cell.path()} stashes in its ${envelope?.name} turn; only the turn of a message has one to put aside`,
      { actor: cell.path() },
    )
  }
  if (cell.definition.reentrant.has(envelope.name)) {
    throw new ConfigurationError(
      `${cell.path()} stashes ${envelope.name}, which is re-entrant: such a message waits for no other`,
      { actor: cell.path(), message: envelope.name },
    )
  }
  return envelope
}

/** Puts the message of the turn under way aside; a second time in one turn is no change. */
export function stash(cell: ActorCell, envelope: Envelope): void {
  if (cell.stashing !== undefined) return
  cell.stash ??= []
  assertStashHasRoom(cell, cell.stash.length)
  cell.stash.push(envelope)
  cell.stashing = envelope
}

/** Puts everything back to the front of the mailbox, in the order in which it was put aside. */
export function unstashAll(cell: ActorCell): void {
  const aside = cell.stash
  if (aside === undefined) return
  cell.stash = undefined
  const { mailbox } = cell
  // What supervision decided meanwhile comes before any message.
  const attend = mailbox.peek()?.kind === EnvelopeKind.attend ? mailbox.shift() : undefined
  for (const envelope of aside.reverse()) mailbox.unshift(envelope)
  if (attend !== undefined) mailbox.unshift(attend)
}

/** The turn that put its message aside failed, and with it the message: it is not handled again. */
export function forgetStashing(cell: ActorCell): void {
  const failed = cell.stashing
  if (failed === undefined) return
  cell.stashing = undefined
  dropMessage(cell, failed)
}

/** Takes a message that was put aside out of the stash, or of the mailbox when it was put back. */
export function dropMessage(cell: ActorCell, message: Envelope): void {
  const index = cell.stash?.indexOf(message) ?? -1
  if (index >= 0) cell.stash?.splice(index, 1)
  else removeFrom(cell.mailbox, message)
}

function removeFrom(mailbox: Mailbox, envelope: Envelope): void {
  for (let left = mailbox.length; left > 0; left--) {
    const next = mailbox.shift() as Envelope
    if (next !== envelope) mailbox.push(next)
  }
}
