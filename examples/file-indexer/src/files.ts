/** What the indexer needs of the outside world: the files. */
import { defineService } from '@troupe/core'

export const Files = defineService<{
  /** The paths of all files. */
  list(options: { signal: AbortSignal }): Promise<readonly string[]>
  /** The text of a file; rejects when it is none, is too long or cannot be read. */
  read(path: string, options: { signal: AbortSignal }): Promise<string>
}>('files')
