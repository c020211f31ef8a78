/** What a definition's `module` must be: another thread imports it, from another folder, so that a path would not do. */
import { shownValue } from './shown-value.ts'

/** What is wrong with the `module` of a definition, and what to write instead; `undefined` when nothing is. */
export function moduleProblemOf(module: unknown): string | undefined {
  if (module === undefined || (typeof module === 'string' && /^[a-z][a-z\d+.-]+:/i.test(module))) return undefined
  return `module must be a URL, import.meta.url of the module that exports it, got ${shownValue(module)}`
}
