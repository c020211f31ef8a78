/** The definitions port: how a definition is named in a message and found again on another node. */
import type { CompiledDefinition } from '../actor-definition.ts'

/** A definition's address: plain data. */
export interface DefinitionAddress {
  readonly name: string
  /** The URL of the module that exports it. */
  readonly module?: string
  /** Its number in a registry of this process, for hosts whose nodes share one. */
  readonly registered?: number
}

export interface Definitions {
  /** Throws a `DefinitionNotFoundError` when the definition cannot be named for `node`. */
  address(definition: CompiledDefinition, node: string): DefinitionAddress
  /** Throws or rejects with a `DefinitionNotFoundError` that says what was missing. */
  resolve(address: DefinitionAddress): CompiledDefinition | Promise<CompiledDefinition>
}
