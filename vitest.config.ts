// How every test of the house is found and run; the last line printed is the count that CI reads.
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const setupFiles = ['./test/setup.ts']

/** What has to happen within a few seconds, or to be told from silence. */
const TIMED = [
  'test/journeys/200-fair-turns.test.ts',
  'test/journeys/200-kill-9.test.ts',
  'test/journeys/200-resolver-faults.test.ts',
  'test/journeys/200-world-truth.test.ts',
  'test/servers/**/*.test.ts',
  'test/infra/sandbox.test.ts',
]

/** Without sockets, clocks or anything else that outlives a file. */
const PURE = '{address,dns-provider,lanes,laws,rdap,replies,report,signals,typo,verdict}'

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'pure',
          include: [`test/${PURE}/**/*.test.ts`],
          setupFiles,
          testTimeout: 20_000,
          maxWorkers: 2,
          // Files share a process and what it has loaded, which is half of their time.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: ['test/journeys/**', 'test/servers/**', 'test/infra/**', 'test/edge/objects/**', `test/${PURE}/**`],
          setupFiles,
          testTimeout: 20_000,
          hookTimeout: 40_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Inside workerd, where objects, alarms and queues are the real ones.
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './infra/cloudflare/wrangler.jsonc' },
            miniflare: {
              bindings: {
                EDGE_SECRETS: JSON.stringify({ current: '1', keys: { '1': '0f'.repeat(32) } }),
                LANE_CREDENTIALS: '{"accessKeyId":"id","secretAccessKey":"secret"}',
              },
            },
          }),
        ],
        test: {
          name: 'objects',
          include: ['test/edge/objects/**/*.test.ts'],
          setupFiles,
          testTimeout: 20_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Whole stacks, which wait more than they compute: two at a time.
        test: {
          name: 'journeys',
          include: ['test/journeys/**/*.test.ts', 'test/infra/**/*.test.ts'],
          exclude: TIMED,
          setupFiles,
          // Some start a stack twice, on a machine that another stack keeps busy.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // One at a time, or they would measure one another.
        test: {
          name: 'timed',
          include: TIMED,
          setupFiles,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // Mail servers that keep us waiting do so all at once.
          maxConcurrency: 32,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
