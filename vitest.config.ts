import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Thousands of threads start in these tests. With a cache of what Node compiled they start twice as fast, and without
// the WebAssembly that strips types: V8's books of executable pages, which all threads of a process share, do not bear
// much of that (https://github.com/nodejs/node/issues/64500: "Check failed: jit_page", and the process is gone).
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
