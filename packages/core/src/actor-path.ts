/** Paths: `/node/parent/child`, as logs print them, taken apart and followed. */
import type { ActorCell } from './actor-cell.ts'
import { ConfigurationError } from './errors.ts'
import { shownValue } from './shown-value.ts'

/** The node of a path, and the rest. Throws a `ConfigurationError` when it is none. */
export function splitPath(path: string): { node: string; rest: string } {
  const [, node, rest = ''] = /^\/([^/]+)(?:\/(.*))?$/.exec(String(path)) ?? []
  if (node === undefined) {
    throw new ConfigurationError(`a path is /node/parent/child, got ${shownValue(path)}`, { path: String(path) })
  }
  return { node, rest }
}

/** The living actor at `path` under `root`; `root` itself for the empty path. */
export function findByPath(root: ActorCell, path: string): ActorCell | undefined {
  let cell: ActorCell | undefined = root
  for (const segment of path === '' ? [] : path.split('/')) cell = cell?.names?.get(segment) ?? unnamed(cell, segment)
  return cell
}

/** A child without a name: its definition's name and its incarnation stand for it. */
function unnamed(parent: ActorCell | undefined, segment: string): ActorCell | undefined {
  const [, incarnation] = /-(\d+)$/.exec(segment) ?? []
  if (incarnation === undefined) return undefined
  for (const child of parent?.children ?? []) {
    if (child.options.name === undefined && `${child.definition.name}-${child.ref.incarnation}` === segment)
      return child
  }
  return undefined
}
