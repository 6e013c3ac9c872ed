// The two test suites of RFC 7208, as third-party material beside the project: every scenario, allowed alternatives included.
import { existsSync, readFileSync } from 'node:fs'
import { checkHost } from '@postern/shared/report/spf.ts'
import { describe, expect, it } from 'vitest'
import { evaluated, type Zone } from './zone.ts'

const corpora = process.env['POSTERN_CORPORA'] ?? new URL('../../../shared/data/', import.meta.url).pathname

interface Test {
  readonly helo: string
  readonly host: string
  readonly mailfrom: string
  readonly result: string | readonly string[]
  readonly explanation?: string
}

type Entry = 'TIMEOUT' | Readonly<Record<string, unknown>>

interface Scenario {
  readonly description: string
  readonly tests: Readonly<Record<string, Test>>
  readonly zonedata: Readonly<Record<string, readonly Entry[]>>
}

/** Records of type SPF are TXT records, unless the name says what its TXT records are. */
function recordsOf(entries: readonly Entry[]): Map<string, unknown[] | 'timeout'> {
  const records = new Map<string, unknown[] | 'timeout'>()
  const pairs = entries.flatMap((entry) => (entry === 'TIMEOUT' ? [] : Object.entries(entry)))
  const saysTxt = pairs.some(([type]) => type === 'TXT')
  for (const [type, value] of pairs) {
    const name = type === 'SPF' && !saysTxt ? 'TXT' : type
    if (value === 'NONE') continue
    const known = records.get(name)
    records.set(name, [...(Array.isArray(known) ? known : []), dataOf(name, value)])
  }
  if (!entries.includes('TIMEOUT')) return records
  // Whatever is not said is not answered.
  for (const type of ['TXT', 'A', 'AAAA', 'MX', 'PTR']) if (!records.has(type)) records.set(type, 'timeout')
  return records
}

function dataOf(type: string, value: unknown): unknown {
  if (type === 'MX') return { preference: (value as [number, string])[0], exchange: (value as [number, string])[1] }
  return Array.isArray(value) ? value.join('') : value
}

function zoneOf({ zonedata }: Scenario): Zone {
  return new Map(
    Object.entries(zonedata).map(([name, entries]) => [name.toLowerCase().replace(/\.$/, ''), recordsOf(entries)]),
  )
}

function senderOf({ helo, host, mailfrom }: Test) {
  const at = mailfrom.lastIndexOf('@')
  const [local, domain] = mailfrom === '' ? ['', helo] : [mailfrom.slice(0, Math.max(0, at)), mailfrom.slice(at + 1)]
  return { ip: host, local, domain, helo, receiver: 'receiver.test', now: 0 }
}

for (const file of ['spf_rfc7208.json', 'spf_rfc7208_2014_05.json']) {
  const path = `${corpora}dns/${file}`
  const scenarios = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Scenario[]) : []
  describe.skipIf(scenarios.length === 0)(`${file} (third-party data, not in the repository)`, () => {
    for (const scenario of scenarios) {
      const zone = zoneOf(scenario)
      it.each(Object.entries(scenario.tests))(`${scenario.description}: %s`, (_name, test) => {
        const { result } = evaluated(checkHost(senderOf(test)), zone)
        expect([test.result].flat()).toContain(result.result)
        if (test.explanation !== undefined && result.result === 'fail') {
          expect(result.explanation ?? 'DEFAULT').toBe(test.explanation)
        }
      })
    }
  })
}
