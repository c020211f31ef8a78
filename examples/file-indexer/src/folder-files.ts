/** The files of a real folder. Its start fails when the folder is not there. */
import { glob, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProvidedService, provideService } from '@troupe/core'
import { Files } from './files.ts'

/** Where to look, and for what: glob patterns under `folder`. */
export interface Place {
  readonly folder: string
  readonly patterns: readonly string[]
}

const filesMax = 100_000
const bytesMax = 4 * 2 ** 20

export function folderFiles({ folder, patterns }: Place): ProvidedService {
  return provideService(Files, {
    async start() {
      const found = await stat(folder).catch(() => undefined)
      if (!found?.isDirectory()) throw new RangeError(`${folder} is not a folder`)
      return {
        async list({ signal }: { signal: AbortSignal }) {
          const paths: string[] = []
          const options = { cwd: folder, withFileTypes: true, exclude: hidden } as const
          for await (const entry of glob([...patterns], options)) {
            signal.throwIfAborted()
            if (!entry.isFile()) continue
            if (paths.length === filesMax) throw new RangeError(`${folder} has more than ${filesMax} files`)
            paths.push(join(entry.parentPath, entry.name))
          }
          return paths.sort()
        },
        async read(path: string, { signal }: { signal: AbortSignal }) {
          const { size } = await stat(path)
          if (size > bytesMax) throw new RangeError(`longer than ${bytesMax} bytes`)
          const text = await readFile(path, { encoding: 'utf8', signal })
          if (text.includes('\0')) throw new TypeError('not a text')
          return text
        },
      }
    },
  })
}

const hidden = ({ name }: { readonly name: string }) =>
  name === 'node_modules' || (name.startsWith('.') && name !== '.')
