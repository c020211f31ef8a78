/**
 * Definitions by module: another thread finds a definition by the URL of the module that exports it and its name. A
 * definition without a module, or one of a test file, which only its test runner can load, stays on its own node.
 */
import { type ActorDefinition, ConfigurationError, DefinitionNotFoundError } from '@troupe/core'
import {
  type CompiledDefinition,
  type DefinitionAddress,
  DefinitionRegistry,
  type Definitions,
  isDefinition,
  toError,
} from '@troupe/core/host'
import type { ThreadMark } from './thread-mark.ts'

const testFilePattern = /\.(test|spec)\.[cm]?[jt]sx?$/

/** Why a definition runs on the local node only; `undefined` when it can run on every node. */
export function localOnlyReason({ name, module }: ActorDefinition<any, any>): string | undefined {
  if (module === undefined) {
    return `${name} has no module, so no other thread can load it: define it with module: import.meta.url`
  }
  if (testFilePattern.test(module)) {
    return `${name} is defined in the test file ${module}, which other threads cannot load: move it to its own module`
  }
  return undefined
}

export class ModuleDefinitions implements Definitions {
  readonly #node: string
  readonly #mark: ThreadMark | undefined
  readonly #local = new DefinitionRegistry()
  readonly #loaded = new Map<string, CompiledDefinition>()

  /** `node` is the node of this thread; `mark` its mark, on threads other than the main one. */
  constructor(node: string, mark?: ThreadMark) {
    this.#node = node
    this.#mark = mark
  }

  address(definition: CompiledDefinition, node: string): DefinitionAddress {
    if (node === this.#node) return this.#local.address(definition)
    const { name, module } = definition
    const reason = localOnlyReason(definition)
    if (reason !== undefined || module === undefined) {
      throw new DefinitionNotFoundError(`spawn of ${name} on ${node}: it runs on ${this.#node} only. ${reason}`, {
        definition: name,
        node,
        ...(module === undefined ? {} : { module }),
      })
    }
    return { name, module }
  }

  resolve(address: DefinitionAddress): CompiledDefinition | Promise<CompiledDefinition> {
    const { name, module } = address
    if (module === undefined) return this.#local.resolve(address)
    return this.#loaded.get(`${module}#${name}`) ?? this.#load(module, name)
  }

  async #load(module: string, name: string): Promise<CompiledDefinition> {
    const exported = Object.values(await this.#import(module, name))
    const definitions = [...new Set(exported.filter(isDefinition))]
    const [definition, another] = definitions.filter((candidate) => candidate.name === name)
    if (another !== undefined) {
      throw new DefinitionNotFoundError(
        `${module} exports two actor definitions named ${name}: other threads find them by name, so give them two`,
        { definition: name, module, node: this.#node },
      )
    }
    if (definition === undefined) {
      const found = definitions.map((candidate) => candidate.name).join(', ') || 'no actor definition at all'
      throw new DefinitionNotFoundError(
        `${module} does not export an actor definition named ${name}; it exports: ${found}`,
        { definition: name, module, node: this.#node },
      )
    }
    this.#loaded.set(`${module}#${name}`, definition)
    return definition
  }

  async #import(module: string, name: string): Promise<object> {
    try {
      return await this.#importMarked(module)
    } catch (thrown) {
      if (thrown instanceof ConfigurationError) throw thrown
      const error = toError(thrown)
      const problem = isImportFailure(error) ? 'cannot be imported' : 'threw while it was imported'
      throw new DefinitionNotFoundError(
        `${name} was not found on ${this.#node}: ${module} ${problem}: ${error.message}`,
        { definition: name, module, node: this.#node },
        { cause: thrown },
      )
    }
  }

  /** Imports a module under the thread's mark, so that a `createSystem` in it is noticed. */
  async #importMarked(module: string): Promise<object> {
    const mark = this.#mark
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
}

/** True when Node could not load the module, rather than run it. */
function isImportFailure(error: Error & { readonly code?: unknown }): boolean {
  return error instanceof SyntaxError || (typeof error.code === 'string' && error.code.startsWith('ERR_'))
}
