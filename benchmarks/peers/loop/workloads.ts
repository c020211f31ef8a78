/**
 * No runtime at all: a ring of messages and a loop that takes one, finds its receiver's handler by name and calls it. A
 * message is what no runtime can do without: a receiver, a name and a payload. What a turn costs when nothing else of an
 * actor is left.
 */
import { type PeerWorkloads, type Session, verified } from '../contract.ts'
import { ringActors } from '../workloads.ts'

interface Receiver {
  readonly on: Readonly<Record<string, (state: Receiver, payload: number) => void>>
  next: Receiver | undefined
  handled: number
}

interface Message {
  readonly to: Receiver
  readonly name: string
  readonly payload: number
}

/** Messages under way at most; a power of two, so that an index wraps by a mask. */
const ringSize = 1_024
const ring = new Array<Message | undefined>(ringSize).fill(undefined)
let head = 0
let tail = 0

function send(to: Receiver, name: string, payload: number): void {
  ring[tail++ & (ringSize - 1)] = { to, name, payload }
}

/** Handles messages until there are none. */
function loop(): void {
  while (head < tail) {
    const { to, name, payload } = ring[head & (ringSize - 1)]!
    ring[head++ & (ringSize - 1)] = undefined
    to.on[name]!(to, payload)
  }
}

/** Receivers in a circle, each with handlers of its own, that hand a number on until it is 0. */
function circle(names: readonly string[]): Session {
  const receivers = names.map((name, index): Receiver => {
    const nextName = names[(index + 1) % names.length]!
    const on = {
      [name](state: Receiver, left: number) {
        state.handled++
        if (left > 0) send(state.next!, nextName, left - 1)
      },
    }
    return { on, next: undefined, handled: 0 }
  })
  for (const [index, receiver] of receivers.entries()) receiver.next = receivers[(index + 1) % receivers.length]!
  return {
    run(messages) {
      for (const receiver of receivers) receiver.handled = 0
      send(receivers[0]!, names[0]!, messages - 1)
      loop()
      const handled = receivers.reduce((sum, receiver) => sum + receiver.handled, 0)
      return verified('messages handled', handled, messages)
    },
  }
}

export const workloads: PeerWorkloads = {
  'ping-pong': () => circle(['ping', 'pong']),
  'thread-ring': () => circle(Array.from({ length: ringActors }, () => 'token')),
}
