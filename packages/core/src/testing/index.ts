/** The test kit: actors in virtual time, probes that stand for the others, and what went wrong meanwhile. */
export { ExpectationError } from './expectation-error.ts'
export { type Expected, type Matcher, Probe } from './probe.ts'
export { createTestKit, TestKit, type TestKitOptions } from './test-kit.ts'
