// What of a list's work is due when and where, and what may not be asked just now.
import { describe, expect, it } from 'vitest'
import { Agenda, askable } from '../../../edge/src/batches/agenda.ts'
import type { Group, Parcel } from '../../../edge/src/batches/groups.ts'
import { routeTo } from '../facts.ts'

const LANE = 'eu'

function group(domain: string, ...due: readonly number[]): Group {
  const members = due.map((dueAt, row) => ({ row, email: `user${row}@${domain}`, dueAt, visits: 0 }))
  const known = { implicitMx: false, exchanges: [], route: routeTo() }
  return { id: `id-${domain}`, domain, place: domain, since: 0, tried: [], members, ...known }
}

const parcel = (...groups: readonly Group[]): Parcel => ({ lane: LANE, groups })

/** Entries by number: each parcel one. */
function agendaOf(...parcels: readonly Parcel[]): Agenda {
  const agenda = new Agenda()
  for (const [id, one] of parcels.entries()) agenda.put(id, one)
  return agenda
}

const due = (agenda: Agenda, now: number, lane = LANE): number[] => agenda.due(lane, now).map(({ id }) => id)

describe('an agenda', () => {
  it('has what is due, the longest waiting first, of one lane', () => {
    const agenda = agendaOf(parcel(group('a', 30)), parcel(group('b', 10)), parcel(group('c', 20, 5)), {
      lane: 'us',
      groups: [group('d', 1)],
    })
    expect(due(agenda, 9)).toEqual([2])
    expect(due(agenda, 30)).toEqual([2, 1, 0])
    expect(due(agenda, 30, 'us')).toEqual([3])
    expect([agenda.lanesDue(0), agenda.lanesDue(1), agenda.lanesDue(5).toSorted()]).toEqual([[], ['us'], ['eu', 'us']])
    expect([agenda.nextAt(0), agenda.nextAt(5), agenda.nextAt(30)]).toEqual([1, 10, null])
  })

  it('knows the last that it was told of an entry', () => {
    const agenda = agendaOf(parcel(group('a', 10)))
    agenda.put(0, parcel(group('a', 50)))
    expect([due(agenda, 10), agenda.nextAt(10)]).toEqual([[], 50])
    agenda.drop(0)
    expect([due(agenda, 50), agenda.size, agenda.nextAt(10)]).toEqual([[], 0, null])
  })

  it('leaves alone what is being asked, at that lane, until it is told or its time is over', () => {
    const agenda = agendaOf(parcel(group('a', 0)), parcel(group('b', 0)), { lane: 'us', groups: [group('a', 0)] })
    agenda.begin('eu 1', { lane: LANE, until: 100, places: ['eu a'], members: 7 })
    expect([due(agenda, 5), due(agenda, 5, 'us'), agenda.inFlight(5), agenda.nextAt(5)]).toEqual([[1], [2], 7, 100])
    agenda.end('eu 1')
    agenda.end('eu 1')
    expect([due(agenda, 5), agenda.inFlight(5)]).toEqual([[0, 1], 0])
    agenda.begin('eu 2', { lane: LANE, until: 100, places: ['eu a', 'eu b'], members: 9 })
    expect([due(agenda, 99), agenda.lanesDue(99)]).toEqual([[], ['us']])
    expect([due(agenda, 100), agenda.inFlight(100)]).toEqual([[0, 1], 0])
  })

  it('lets a place rest until the latest instant that was named', () => {
    const agenda = agendaOf(parcel(group('a', 0)))
    agenda.rest('eu a', 50)
    agenda.rest('eu a', 20)
    expect([due(agenda, 49), agenda.nextAt(1), [...agenda.busy(49)]]).toEqual([[], 50, ['eu a']])
    expect([due(agenda, 50), [...agenda.busy(50)], agenda.nextAt(50)]).toEqual([[0], [], null])
  })

  it('has an entry due as long as one of its places may be asked', () => {
    const agenda = agendaOf(parcel(group('a', 0), group('b', 0)))
    agenda.rest('eu a', 50)
    expect(due(agenda, 1)).toEqual([0])
    agenda.begin('eu 1', { lane: LANE, until: 60, places: ['eu b'], members: 1 })
    expect([due(agenda, 1), agenda.lanesDue(1), agenda.nextAt(1)]).toEqual([[], [], 50])
  })
})

describe('what may be asked of a parcel', () => {
  it('are its groups with their members that are due', () => {
    const groups = [group('a', 5, 50), group('b', 60), group('c', 10)]
    expect(askable(groups, 10).map(({ domain, members }) => [domain, members.map(({ row }) => row)])).toEqual([
      ['a', [0]],
      ['c', [0]],
    ])
    expect(askable(groups, 4)).toEqual([])
  })
})
