// Prints `N passed, N failed` as the last line of a run, for people and for CI.
import type { Reporter, TestModule } from 'vitest/node'

/** A hook that throws fails no test: those of its file or suite are skipped. */
function failuresOutsideTests(modules: readonly TestModule[]): number {
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
  return suites.filter((suite) => suite.errors().length > 0).length
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const passed = tests.filter((test) => test.result().state === 'passed').length
    const skipped = tests.filter((test) => test.result().state === 'skipped').length
    const failed = tests.length - passed - skipped + failuresOutsideTests(modules) + unhandled.length
    setImmediate(() => process.stdout.write(`\n${skipped} skipped\n${passed} passed, ${failed} failed\n`))
  }
}
