// How every test of the house is found and run; the last line printed is the count that CI reads.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['./test/setup.ts'],
    reporters: ['default', './test/count-reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 40_000,
    maxWorkers: 2,
  },
})
