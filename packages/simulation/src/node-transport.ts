/** The transport of a simulated node: which of its links a frame takes. */
import type { Frame, Ref, Refusal, Transport } from '@troupe/core/host'
import { checkedTarget } from './checked-send.ts'
import type { Link } from './network-link.ts'

/** What sends over a link. */
interface LinkSender {
  sendFrame(link: Link, frame: Frame): Refusal | undefined
  sendParts(
    link: Link,
    to: Ref,
    name: string,
    payload: unknown,
    sender: Ref | undefined,
    askId: number,
  ): Refusal | undefined
}

export class NodeTransport implements Transport {
  readonly #sender: LinkSender
  /** The links of the node to the others, by their names. */
  readonly #links: ReadonlyMap<string, Link>
  /** Most messages go where the one before went. */
  #lastName: string | undefined = undefined
  #last: Link | undefined = undefined

  constructor(sender: LinkSender, links: ReadonlyMap<string, Link>) {
    this.#sender = sender
    this.#links = links
  }

  send(to: string, frame: Frame): Refusal | undefined {
    const link = this.#links.get(to)
    return link === undefined ? 'node-down' : this.#sender.sendFrame(link, frame)
  }

  sendMessage(to: Ref, name: string, payload: unknown, sender: Ref | undefined, askId: number): Refusal | undefined {
    const target = checkedTarget(to, name, payload, sender, askId)
    const link = target.node === this.#lastName ? this.#last : this.#another(target.node)
    return link === undefined ? 'node-down' : this.#sender.sendParts(link, target, name, payload, sender, askId)
  }

  #another(name: string): Link | undefined {
    this.#last = this.#links.get(name)
    this.#lastName = name
    return this.#last
  }
}
