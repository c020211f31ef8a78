/** What a step adds to the memory that JavaScript holds. */

/** Bytes of heap and of buffers after `step` beyond those before, garbage collected both times. */
export async function heapGrowth(step: () => unknown): Promise<number> {
  const before = await held()
  await step()
  return (await held()) - before
}

async function held(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc')
  // What waits in the event loop is let go first; a second collection frees what the first one's finalizers let go.
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
