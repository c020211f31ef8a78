/** What the process and its threads keep, measured after the garbage is collected. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let gc: (() => void) | undefined

/** Collects this thread's garbage; the bytes of its heap and of the buffers that it holds after that. */
export function collectGarbage(): number {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  // What finalizers of the first collection let go of is collected by the second.
  gc()
  gc()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  // The memory that threads share counts where it was made, on the main thread, until nobody holds it any more.
  return heapUsed + external + arrayBuffers
}

export const mebibyte = 2 ** 20

/** As `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(1)} MiB`
}
