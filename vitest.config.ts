// How every test of the house is found and run; the last line printed is the count that CI reads.
import { defineConfig } from 'vitest/config'

const setupFiles = ['./test/setup.ts']

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: ['test/journeys/**', 'test/infra/**'],
          setupFiles,
          testTimeout: 20_000,
          hookTimeout: 40_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Whole stacks, killed and timed: one at a time, or they would measure one another.
        test: {
          name: 'journeys',
          include: ['test/journeys/**/*.test.ts', 'test/infra/**/*.test.ts'],
          setupFiles,
          testTimeout: 30_000,
          hookTimeout: 40_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
