/** Modules of definitions, loaded on a thread that did not write them. */
import { ConfigurationError, DefinitionNotFoundError } from '@troupe/core'
import { toError } from '@troupe/core/host'
import type { ThreadMark } from './thread-mark.ts'

/** What is looked for, and on which node. */
export interface Wanted {
  readonly name: string
  readonly module: string
  readonly node: string
}

/** Imports the module of what is wanted. Rejects with a `DefinitionNotFoundError`, or with what `createSystem` in it did. */
export async function importDefinitions(wanted: Wanted, mark: ThreadMark | undefined): Promise<object> {
  const { name, module, node } = wanted
  try {
    return await importMarked(module, mark)
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) throw thrown
    const error = toError(thrown)
    const problem = isImportFailure(error) ? 'cannot be imported' : 'threw while it was imported'
    throw new DefinitionNotFoundError(
      `${name} was not found on ${node}: ${module} ${problem}: ${error.message}`,
      { definition: name, module, node },
      { cause: thrown },
    )
  }
}

/** The one definition of that name among those a module exports; throws a `DefinitionNotFoundError` when there is not one. */
export function onlyNamed<Definition extends { readonly name: string }>(
  definitions: readonly Definition[],
  { name, module, node }: Wanted,
  kind: string,
): Definition {
  const [definition, another] = definitions.filter((candidate) => candidate.name === name)
  const facts = { definition: name, module, node }
  if (another !== undefined) {
    throw new DefinitionNotFoundError(
      `${module} exports two ${kind}s named ${name}: other threads find them by name, so give them two`,
      facts,
    )
  }
  if (definition !== undefined) return definition
  const found = definitions.map((candidate) => candidate.name).join(', ') || `no ${kind} at all`
  const article = kind.startsWith('a') ? 'an' : 'a'
  throw new DefinitionNotFoundError(
    `${module} does not export ${article} ${kind} named ${name}; it exports: ${found}`,
    facts,
  )
}

/** Imports a module under the thread's mark, so that a `createSystem` in it is noticed. */
async function importMarked(module: string, mark: ThreadMark | undefined): Promise<object> {
  if (mark === undefined) return import(module)
  const refused = new Promise<never>((_resolve, reject) => {
    const before = mark.refuse
    mark.refuse = (error) => {
      before(error)
      reject(error)
    }
  })
  mark.loading.add(module)
  try {
    return await Promise.race([import(module), refused])
  } finally {
    mark.loading.delete(module)
    if (mark.loading.size === 0) mark.refuse = () => {}
  }
}

/** True when Node could not load the module, rather than run it. */
function isImportFailure(error: Error & { readonly code?: unknown }): boolean {
  return error instanceof SyntaxError || (typeof error.code === 'string' && error.code.startsWith('ERR_'))
}
