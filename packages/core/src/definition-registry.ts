/** The definitions of hosts whose nodes share one process: by number, so that a closure's definition works as well. */
import type { CompiledDefinition } from './actor-definition.ts'
import { DefinitionNotFoundError } from './errors.ts'
import type { DefinitionAddress, Definitions } from './ports/definitions.ts'

export class DefinitionRegistry implements Definitions {
  readonly #numbers = new Map<CompiledDefinition, number>()
  readonly #definitions: CompiledDefinition[] = []

  address(definition: CompiledDefinition): DefinitionAddress {
    let registered = this.#numbers.get(definition)
    if (registered === undefined) {
      registered = this.#definitions.length
      this.#definitions.push(definition)
      this.#numbers.set(definition, registered)
    }
    return { name: definition.name, registered }
  }

  resolve(address: DefinitionAddress): CompiledDefinition {
    const definition = address.registered === undefined ? undefined : this.#definitions[address.registered]
    if (definition === undefined) {
      throw new DefinitionNotFoundError(`no definition ${address.name} is registered in this process`, { ...address })
    }
    return definition
  }
}
