/**
 * Definitions by module: another thread finds a definition by the URL of the module that exports it and its name. A
 * definition without a module, or one of a test file, which only its test runner can load, stays on its own node.
 */
import { DefinitionNotFoundError } from '@troupe/core'
import {
  type CompiledDefinition,
  type DefinitionAddress,
  DefinitionRegistry,
  type Definitions,
  isDefinition,
} from '@troupe/core/host'
import { importDefinitions, onlyNamed } from './module-loading.ts'
import type { ThreadMark } from './thread-mark.ts'

const testFilePattern = /\.(test|spec)\.[cm]?[jt]sx?$/

/** Why a definition, of an actor or a task, runs on the local node only; `undefined` when every thread can load it. */
export function localOnlyReason({
  name,
  module,
}: {
  readonly name: string
  readonly module: string | undefined
}): string | undefined {
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
    const wanted = { name, module, node: this.#node }
    const exported = Object.values(await importDefinitions(wanted, this.#mark))
    const definition = onlyNamed([...new Set(exported.filter(isDefinition))], wanted, 'actor definition')
    this.#loaded.set(`${module}#${name}`, definition)
    return definition
  }
}
