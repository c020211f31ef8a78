/**
 * The operating errors of channels: what a sender is told about a value that cannot travel, and what a receiver is
 * told about bytes that are not a message. Both are typed and carry a `code`, because the runtime acts on them: the
 * first fails the `tell` that caused it, the second ends the channel.
 */

/** Thrown at the sender when a value cannot be sent. Nothing has been written when it is thrown. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
  readonly code = 'ERR_TROUPE_NOT_SENDABLE'
  /** Where in the value the trouble lies, for example `payload.items[3].callback`. */
  readonly path: string

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path} ${reason}`, options)
    this.path = path
  }
}

/**
 * Thrown at the receiver when the ring holds something that no correct sender writes. The channel is finished: frames
 * build on one another (record definitions, the order of the side path), so none after a bad one can be trusted.
 */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code = 'ERR_TROUPE_FRAME'
}

/** Thrown inside when a value cannot be sent; `sendable.ts` finds out where it is. */
export class Refused extends Error {}
