/**
 * What becomes of received bytes that nobody needs any more. A buffer is an object of a few words in the heap and its bytes
 * outside of it, so that a stream of large buffers fills the young generation only after gigabytes. What V8 does instead,
 * after every 64 MiB outside of its heap, is a full collection, which visits everything that lives; and until then each
 * buffer needs memory that was never touched, whose pages cost more than copying the bytes.
 *
 * So a thread that receives much collects its young generation now and then: a fraction of a millisecond, which frees all
 * buffers that were dropped, and the next ones get the same memory, which is still in the processor's cache. It does so
 * between two rounds, when what it received has been handled and answered: hardly a buffer is alive then, and the sender goes
 * on meanwhile.
 */
import { collectYoung } from '../garbage-collector.ts'

/** Bytes received between two collections, and those after which one does not wait for the end of the round. */
const BYTES_BETWEEN = 8 * 1024 * 1024
const BYTES_BETWEEN_MAX = 2 * BYTES_BETWEEN

let received = 0

/** Notes that this thread's program got a buffer of so many bytes. It may collect before it returns. */
export function noteReceivedBytes(bytes: number): void {
  received += bytes
  if (received >= BYTES_BETWEEN_MAX) collect()
}

/** Collects, if this thread received enough for it. Call it when no message is being handled. */
export function collectReceivedBytes(): void {
  if (received >= BYTES_BETWEEN) collect()
}

function collect(): void {
  received = 0
  collectYoung()
}
