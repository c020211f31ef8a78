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

/** Places for the links that were asked for last: a power of two. */
const recentMax = 16

export class NodeTransport implements Transport {
  readonly #sender: LinkSender
  /** The links of the node to the others, by their names. */
  readonly #links: ReadonlyMap<string, Link>
  /** Those that were asked for last, by how their names end: that is sooner found than in a map. */
  readonly #recent: (Link | undefined)[] = new Array(recentMax).fill(undefined)

  constructor(sender: LinkSender, links: ReadonlyMap<string, Link>) {
    this.#sender = sender
    this.#links = links
  }

  send(to: string, frame: Frame): Refusal | undefined {
    const link = this.#linkTo(to)
    return link === undefined ? 'node-down' : this.#sender.sendFrame(link, frame)
  }

  sendMessage(to: Ref, name: string, payload: unknown, sender: Ref | undefined, askId: number): Refusal | undefined {
    const target = checkedTarget(to, name, payload, sender, askId)
    const link = this.#linkTo(target.node)
    return link === undefined ? 'node-down' : this.#sender.sendParts(link, target, name, payload, sender, askId)
  }

  #linkTo(name: string): Link | undefined {
    const { length } = name
    const place = length === 0 ? 0 : name.charCodeAt(length - 1) & (recentMax - 1)
    const recent = this.#recent[place]
    return recent !== undefined && recent.to.name === name ? recent : this.#search(name, place)
  }

  #search(name: string, place: number): Link | undefined {
    const link = this.#links.get(name)
    if (link !== undefined) this.#recent[place] = link
    return link
  }
}
