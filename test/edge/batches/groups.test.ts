// Rows sorted into work for lanes: every row once, few conversations, and no job too large.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dueAt, type Member, parcelsOf, type Stash } from '../../../edge/src/batches/groups.ts'
import { routeTo } from '../facts.ts'

const NOW = 1_000

function destination(domain: string, lane: string): Stash['destinations'][number] {
  const exchanges = [{ exchange: `mx.${domain}`, preference: 10 }]
  return { lane, domain, place: domain, implicitMx: false, exchanges, route: routeTo(`mx.${domain}`) }
}

/** A chunk's stash: rows from `first` on, each of one of the domains. */
function stashOf(domains: readonly number[], first = 0, lanes = 2): Stash {
  const names = [...new Set(domains)]
  return {
    destinations: names.map((n) => destination(`d${n}.test`, `lane-${n % lanes}`)),
    members: domains.map((n, at) => [first + at, `user${first + at}@d${n}.test`, names.indexOf(n)]),
  }
}

const sorted = (...stashes: readonly Stash[]) => parcelsOf(stashes, (n) => `bat_1.0.${n}`, NOW)
const groupsOf = (parcels: ReturnType<typeof sorted>) => parcels.flatMap(({ groups }) => groups)

const chunks = fc.array(fc.array(fc.nat(60), { maxLength: 200 }), { maxLength: 6 })

describe('parcels', () => {
  it('have every row once, at the lane and with the domain that it is for', () => {
    fc.assert(
      fc.property(chunks, (all) => {
        let first = 0
        const stashes = all.map((domains) => stashOf(domains, (first += domains.length) - domains.length))
        const parcels = sorted(...stashes)
        const rows = parcels.flatMap(({ lane, groups }) =>
          groups.flatMap(({ domain, members }) => members.map(({ row, email }) => `${lane} ${domain} ${row} ${email}`)),
        )
        const wanted = all.flat().map((n, row) => `lane-${n % 2} d${n}.test ${row} user${row}@d${n}.test`)
        expect(rows.toSorted()).toEqual(wanted.toSorted())
      }),
    )
  })

  it('are no larger than a lane takes, and no more than it needs', () => {
    fc.assert(
      fc.property(chunks, (all) => {
        let first = 0
        const parcels = sorted(...all.map((domains) => stashOf(domains, (first += domains.length) - domains.length)))
        const groups = groupsOf(parcels)
        for (const { members } of groups) expect(members.length).toBeLessThanOrEqual(30)
        for (const parcel of parcels) {
          expect(parcel.groups.length).toBeLessThanOrEqual(10)
          expect(parcel.groups.reduce((sum, { members }) => sum + members.length, 0)).toBeLessThanOrEqual(40)
          expect(parcel.groups.length).toBeGreaterThan(0)
        }
        expect(new Set(groups.map(({ id }) => id)).size).toBe(groups.length)
        const sizes = Map.groupBy(all.flat(), (n) => n)
        const least = [...sizes.values()].reduce((sum, { length }) => sum + Math.ceil(length / 24), 0)
        expect(groups.length).toBe(least)
      }),
    )
  })

  it('have a domain’s rows together, in their order, from whichever chunks they come', () => {
    const parcels = sorted(stashOf([1, 2, 1], 0), stashOf([3, 1], 500), stashOf([2, 1], 1_000))
    const rows = Object.fromEntries(
      groupsOf(parcels).map(({ domain, members }) => [domain, members.map(({ row }) => row)]),
    )
    expect(rows).toEqual({ 'd1.test': [0, 2, 501, 1_001], 'd2.test': [1, 1_000], 'd3.test': [500] })
  })

  it('are shared by small domains of one lane, and by no large one', () => {
    const small = Array.from({ length: 20 }, (_, n) => n)
    const large = Array<number>(60).fill(99)
    const parcels = sorted(stashOf([...small, ...large], 0, 1))
    expect(parcels.map(({ groups }) => groups.map(({ members }) => members.length))).toEqual(
      expect.arrayContaining([[24], [24], Array(10).fill(1)]),
    )
    expect(parcels.length).toBeLessThanOrEqual(6)
  })

  it('begin at once, with nothing tried', () => {
    const suggestion = { kind: 'suggestion', email: 'jane@gmail.com', probability: 0.9, rule: 'r' } as const
    const fact = { ...suggestion, target: 'known', observedAt: 1, source: 's' } as const
    const stash: Stash = { destinations: [destination('d.test', 'eu')], members: [[7, 'jane@d.test', 0, fact]] }
    const [group] = groupsOf(sorted(stash))
    expect(group).toMatchObject({ id: 'bat_1.0.1', since: NOW, tried: [], domain: 'd.test' })
    expect(group!.members).toEqual([{ row: 7, email: 'jane@d.test', dueAt: NOW, visits: 0, suggestion: fact }])
    expect(sorted()).toEqual([])
  })
})

describe('what is due', () => {
  it('is due when the first of its members is', () => {
    const member = (at: number): Member => ({ row: at, email: '', dueAt: at, visits: 0 })
    const [parcel] = sorted(stashOf([1, 2], 0, 1))
    const groups = parcel!.groups.map((group, n) => ({ ...group, members: [member(50 - n), member(70)] }))
    expect(dueAt(groups)).toBe(49)
  })
})
