/**
 * Finds the program of a simulation test in its file, on a thread that is no test runner: the file is imported by Node,
 * with Vitest's `test`, `describe` and hooks replaced by ones that run nothing. All else of Vitest, `expect` too, is real.
 */
import { registerHooks } from 'node:module'
import type { SimulationScenario } from '../simulation-scenario.ts'

/** Called with each simulation test, instead of declaring it; under a key that all copies of this package share. */
export type TestCollector = (name: string, scenario: () => SimulationScenario | undefined) => void

const collectorKey = Symbol.for('troupe.simulation.test-collector')
const scheme = 'troupe-vitest:'
const replaced = [
  ...['test', 'it', 'describe', 'suite', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach'],
  ...['aroundAll', 'aroundEach', 'onTestFailed', 'onTestFinished'],
]

/** What collects tests in this thread; `undefined` in a test runner. */
export function currentCollector(): TestCollector | undefined {
  return (globalThis as { [collectorKey]?: Collection })[collectorKey]?.add
}

interface Collection {
  readonly add: TestCollector
  /** What stands for one of Vitest's functions. */
  standIn(name: string): unknown
}

/** The scenario of the test with that full name; rejects when the file cannot be imported or has no such test. */
export async function collectTest(file: string, fullName: string): Promise<SimulationScenario> {
  const suites: string[] = []
  const found = new Map<string, () => SimulationScenario | undefined>()
  const collection: Collection = {
    add: (name, scenario) => void found.set([...suites, name].join(' '), scenario),
    standIn: (name) => (name === 'describe' || name === 'suite' ? suiteStandIn(suites) : nothing),
  }
  Object.assign(globalThis, { [collectorKey]: collection })
  const hooks = replaceVitest()
  try {
    await import(file)
  } finally {
    hooks.deregister()
  }
  const scenario = found.get(fullName)?.()
  if (scenario === undefined) throw new Error(`${file} has no test '${fullName}' that can be run by itself`)
  return scenario
}

function replaceVitest() {
  return registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      if (specifier !== 'vitest' || context.parentURL?.startsWith(scheme)) return resolved
      return { ...resolved, url: `${scheme}${resolved.url}`, format: 'module', shortCircuit: true }
    },
    load(url, context, next) {
      if (!url.startsWith(scheme)) return next(url, context)
      const source = [
        `export * from ${JSON.stringify(url.slice(scheme.length))}`,
        `const collection = globalThis[Symbol.for(${JSON.stringify(collectorKey.description)})]`,
        ...replaced.map((name) => `export const ${name} = collection.standIn('${name}')`),
      ].join('\n')
      return { source, format: 'module', shortCircuit: true }
    },
  })
}

/** Declares nothing, whatever it is called with and however it is chained. */
const nothing: unknown = new Proxy(() => {}, { get: () => nothing, apply: () => nothing })

/** Runs the body of a suite at once; its variants (`skip`, `each`) declare nothing. */
function suiteStandIn(suites: string[]): unknown {
  const suite = (name: unknown, ...rest: unknown[]) => {
    const body = rest.find((part) => typeof part === 'function')
    suites.push(String(name))
    try {
      body?.()
    } finally {
      suites.pop()
    }
  }
  return new Proxy(suite, { get: () => nothing })
}
