// Prints `N passed, N failed` as the last line of a run, for people and for CI.
import type { Reporter, TestModule } from 'vitest/node'

function failuresOutsideTests(modules: readonly TestModule[]): number {
  return modules.filter((module) => module.errors().length > 0).length
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
