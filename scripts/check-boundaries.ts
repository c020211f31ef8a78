/**
 * Package boundaries: who may import whom, as ARCHITECTURE.md says, checked over the sources and the manifests; and the
 * law of determinism where a linter's rule for globals does not reach (`Math.random`, `import()` of `node:`).
 *
 * Run by `pnpm boundaries`. Prints each violation with its place and exits with 1 when there is one.
 */
import { globSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** For each package, the packages that its sources may import; `sub-paths` may import more. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  threads: ['core'],
  simulation: ['core'],
  checker: ['core', 'simulation'],
  consensus: ['core'],
  scenarios: ['core', 'simulation', 'checker', 'consensus'],
  cli: ['core', 'simulation', 'checker', 'scenarios'],
}
/** Sub-paths that may import one more package. */
const allowedBelow: Readonly<Record<string, string>> = {
  'packages/checker/src/parallel/': 'threads',
  'packages/scenarios/src/parallel/': 'threads',
}
/** Folders whose sources are a function of their context. */
const deterministic = ['core', 'consensus']

const root = resolve(import.meta.dirname, '..')
const violations: string[] = []
let files = 0

for (const [name, permitted] of Object.entries(allowed)) {
  const folder = join(root, 'packages', name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    const match = /^@troupe\/(.+)$/.exec(dependency)
    const below = Object.entries(allowedBelow).some(
      ([path, also]) => path.startsWith(`packages/${name}/`) && also === match?.[1],
    )
    if (match?.[1] !== undefined && !permitted.includes(match[1]) && !below) {
      violations.push(`packages/${name}/package.json depends on ${dependency}`)
    }
  }
  for (const path of globSync('src/**/*.ts', { cwd: folder })) {
    files++
    const also = Object.entries(allowedBelow).find(([below]) => `packages/${name}/${path}`.startsWith(below))?.[1]
    checkSource(name, also === undefined ? permitted : [...permitted, also], join(folder, path))
  }
}

for (const violation of violations) console.error(violation)
console.log(`boundaries: ${files} files, ${violations.length} violations`)
process.exitCode = violations.length > 0 || files === 0 ? 1 : 0

function checkSource(name: string, permitted: readonly string[], file: string): void {
  const place = relative(root, file)
  const lines = readFileSync(file, 'utf8').split('\n')
  lines.forEach((line, index) => {
    const report = (what: string) => violations.push(`${place}:${index + 1}: ${what}`)
    const specifier = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/.exec(line)?.[1]
    if (specifier !== undefined) {
      const imported = /^@troupe\/([^/]+)/.exec(specifier)?.[1]
      if (imported !== undefined && !permitted.includes(imported)) report(`${name} may not import ${specifier}`)
      if (/^(\.\.\/)+(?!src)[^.]*\/src\//.test(specifier)) report(`${specifier} reaches into another package's sources`)
      if (specifier === 'vitest' && !/\/vitest(\/|\.ts)/.test(place)) report('only a sub-path vitest may import vitest')
      if (deterministic.includes(name) && specifier.startsWith('node:')) report(`${name} may not import ${specifier}`)
    }
    const isComment = /^\s*(\*|\/\/|\/\*)/.test(line)
    if (deterministic.includes(name) && !isComment && /\bMath\.random\b/.test(line)) {
      report('randomness comes from ctx.random or the random port')
    }
  })
}
