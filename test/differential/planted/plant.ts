/** How a mistake is planted on the threads of a system and nowhere else. */
import { type Frame, frameOf, NodeKernel } from '@troupe/core/host'

type Sender = Parameters<NodeKernel['receive']>[0]

/** What a kernel does with a frame: `receive` is what it should do. */
type Mistake = (receive: (from: Sender, frame: Frame) => void, from: Sender, frame: Frame) => void

/** The main thread loads services modules too, and has the other hosts in it. */
const hostsNode = Symbol.for('troupe.thread-mark') in globalThis

/** Makes every kernel of a worker thread receive frames by `mistake`. */
export function plant(mistake: Mistake): void {
  if (!hostsNode) return
  const { receive } = NodeKernel.prototype
  NodeKernel.prototype.receive = function (from, frame) {
    mistake(receive.bind(this), from, frame)
  }
  // Tells and asks cross without a frame.
  NodeKernel.prototype.receiveMessage = function (from, message) {
    mistake(receive.bind(this), from, frameOf(message))
  }
}
