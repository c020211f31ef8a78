/** Where each thread finds what to search: predicates are functions, which do not travel. */
import { type CheckOptions, type ModelCheckOptions, searchedActors, searchedModel } from '../check.ts'
import { CheckerError } from '../checker-error.ts'
import type { NumberLog } from '../number-log.ts'
import type { Searched, SearchOptions } from '../search.ts'

/** A function of a module that gives what {@link check} is told, the same on every thread. */
export interface SearchSource {
  /** The module's URL: `import.meta.url` of the one that exports the function. */
  readonly module: string
  /** The name of the function among the module's exports. */
  readonly name: string
  /** What it is called with: plain data. */
  readonly arguments?: readonly unknown[]
}

/** The system that `source` means, ready to be searched, and its options. Its numbers are those of all threads of `log`. */
export async function searchedOf(
  source: SearchSource,
  log: NumberLog,
): Promise<{ readonly searched: Searched<any, any, any>; readonly options: SearchOptions<any> }> {
  const make = (await import(source.module))[source.name]
  if (typeof make !== 'function') {
    throw new CheckerError(`${source.module} exports no function ${source.name}`, { ...source })
  }
  const options = make(...(source.arguments ?? [])) as CheckOptions<any> | ModelCheckOptions<any>
  return { searched: 'model' in options ? searchedModel(options, log) : searchedActors(options, log), options }
}
