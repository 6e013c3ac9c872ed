// The closed lists of a domain's report: what can be told is in them, and each member says what it means where people read of it.
import { OpenAPIHono } from '@hono/zod-openapi'
import { addressWhy, certificateFault, connectFault, unmeasuredWhy } from '@postern/shared/contract/closed-lists.ts'
import { domainReport } from '@postern/shared/contract/domain-report.ts'
import { UNMEASURED } from '@postern/shared/contract/inspection.ts'
import { CONNECT_FAULTS, PKIX_FAULTS } from '@postern/shared/report/seen.ts'
import { describe, expect, it } from 'vitest'

const app = new OpenAPIHono()
app.openAPIRegistry.register('DomainReport', domainReport)
const { components } = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } })

/** Down the properties and the items of lists. */
function described(...path: readonly string[]) {
  const found = path.reduce<unknown>((at, name) => {
    const { properties, items } = at as { properties?: Record<string, unknown>; items?: unknown }
    return properties?.[name] ?? (items as { properties?: Record<string, unknown> } | undefined)?.properties?.[name]
  }, components?.schemas?.['DomainReport'])
  const { items = found } = found as { items?: unknown }
  return items as { readonly enum: readonly (string | null)[]; readonly description: string }
}

it.each([
  ['unmeasured', 'why'],
  ['mx', 'records', 'smtp', 'why'],
  ['mx', 'records', 'smtp', 'connect', 'fault'],
  ['mx', 'records', 'smtp', 'tls', 'faults'],
  ['mta_sts', 'fetch', 'why'],
  ['mta_sts', 'certificate', 'faults'],
  ['mta_sts', 'health', 'caps'],
])('%s %s %s %s is a closed list that says what each member means', (...path) => {
  const { enum: members, description } = described(...path.filter((name) => name !== undefined))
  const meanings = [...description.matchAll(/^\* `(\w+)`: (.{10,})$/gm)]
  expect(meanings.map(([, member]) => member)).toEqual(members.filter((member) => member !== null))
  expect(new Set(meanings.map(([, , meaning]) => meaning)).size).toBe(meanings.length)
})

describe('what lanes say', () => {
  it('of an address that they did not measure is why it is not known', () => {
    expect(addressWhy.options.toSorted()).toEqual(UNMEASURED.toSorted())
    expect(unmeasuredWhy.options).toEqual(expect.arrayContaining([...UNMEASURED]))
  })

  it('of certificates and connections is told in the same order', () => {
    expect([certificateFault.options, connectFault.options]).toEqual([[...PKIX_FAULTS], [...CONNECT_FAULTS]])
  })
})
