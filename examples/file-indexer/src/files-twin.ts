/** A twin of the files: texts in memory that take virtual time to read, as the seed says. */
import { type ProvidedService, provideService } from '@troupe/core'
import { Files } from './files.ts'

/** Files by path; one whose text is `undefined` cannot be read. */
export function filesTwin(texts: ReadonlyMap<string, string | undefined>): ProvidedService {
  return provideService(Files, {
    start: ({ clock, random }) => ({
      list: async () => [...texts.keys()],
      async read(path: string) {
        await new Promise<void>((resolve) => void clock.schedule(1 + random.int(10), resolve))
        const text = texts.get(path)
        if (text === undefined) throw new Error('cannot be read')
        return text
      },
    }),
  })
}
