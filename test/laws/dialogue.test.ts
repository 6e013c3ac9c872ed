// Laws of the conversation, whatever a server says: it ends, it names few, it never speaks first, and never says DATA.
import { print } from '@postern/prober/smtp/command.ts'
import { begin, next } from '@postern/prober/smtp/dialogue.ts'
import type { Plan } from '@postern/prober/smtp/plan.ts'
import type { Event, Step } from '@postern/prober/smtp/state.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const MANY = Array.from({ length: 12 }, (_, n) => `m${n}@strict.test`)

const plans: fc.Arbitrary<Plan> = fc.record({
  ehloName: fc.constant('a.probe.test'),
  mailFrom: fc.constant('probe@a.probe.test'),
  mailboxes: fc.constantFrom(['jane@strict.test'], ['jane@strict.test'], MANY),
  strangers: fc.constantFrom(['xq7stranger@strict.test'], ['xq7stranger@strict.test', 'anna1234@strict.test'], []),
  controlTiming: fc.constantFrom<Plan['controlTiming'][]>('pipelined', 'after_250'),
  postmaster: fc.constantFrom('postmaster@strict.test', null),
  smtpUtf8: fc.boolean(),
  pipelining: fc.boolean(),
  exchange: fc.constant('mx.strict.test'),
  early: fc.constantFrom(null, null, ['PIPELINING', 'PIPE_CONNECT']),
  window: fc.constantFrom(3, 100),
  keep: fc.boolean(),
})

const LINES = [
  ['Ok'],
  ['mx.strict.test', 'PIPELINING', 'STARTTLS', 'SMTPUTF8'],
  ['mx.strict.test', 'PIPELINING'],
  ['User unknown'],
  ['Greylisted, try again in 60 seconds'],
  ['Must issue a STARTTLS command first'],
  ['Client host blocked using bl.example'],
]

const reply: fc.Arbitrary<Event> = fc
  .record({
    code: fc.constantFrom(
      220,
      220,
      250,
      250,
      250,
      250,
      251,
      252,
      354,
      421,
      450,
      451,
      452,
      454,
      500,
      501,
      502,
      503,
      530,
      550,
      554,
    ),
    lines: fc.constantFrom(...LINES),
  })
  .map(({ code, lines }): Event => ({ type: 'reply', at: 0, reply: { code, enhanced: null, lines } }))

const events = fc.infiniteStream(reply)

const said = (code: number, ...lines: readonly string[]): Event => {
  return { type: 'reply', at: 0, reply: { code, enhanced: null, lines } }
}

/** A server that lets us come as far as RCPT, and there says what it likes. */
const recipientsAnswered: fc.Arbitrary<Iterator<Event>> = fc
  .infiniteStream(
    fc.constantFrom(
      said(250, 'Ok'),
      said(550, 'User unknown'),
      said(550, 'User unknown'),
      said(554, 'Refused by policy'),
      said(451, 'Temporary failure'),
      said(452, 'Too many recipients'),
    ),
  )
  .map((rest) => {
    return (function* () {
      yield* [said(220, 'mx'), said(250, 'mx', 'PIPELINING'), said(250, 'Ok')]
      yield* rest
    })()
  })
const MOST_STEPS = 25

interface Run {
  readonly said: readonly string[]
  readonly groups: readonly number[]
  readonly last: Step
  readonly steps: number
}

/** Answers every command until the conversation ends, TLS included; gives up long after it should have. */
function run(plan: Plan, stream: Iterator<Event>): Run {
  let last: Step = begin(plan)
  const said = last.send.map((command) => print(command).trimEnd())
  const groups: number[] = []
  let steps = 0
  for (; last.end === null && steps < MOST_STEPS; steps += 1) {
    const event: Event = last.secure ? { type: 'secured' } : (stream.next().value as Event)
    last = next(last.state, event)
    said.push(...last.send.map((command) => print(command).trimEnd()))
    groups.push(last.send.length)
  }
  return { said, groups, last, steps }
}

const RUNS = { numRuns: 4_000 }

describe('laws of the dialogue', () => {
  it('it ends, whatever is answered', () => {
    fc.assert(
      fc.property(plans, events, (plan, stream) => {
        const { last, steps } = run(plan, stream)
        expect(last.end).not.toBe(null)
        expect(steps).toBeLessThan(MOST_STEPS)
      }),
      RUNS,
    )
  })

  it('it begins with the greeting of the server and EHLO of ours, and never says DATA', () => {
    fc.assert(
      fc.property(plans, events, (plan, stream) => {
        expect(begin(plan).state.awaiting[0]).toBe('greeting')
        if (plan.early === null) expect(begin(plan).send).toEqual([])
        const { said } = run(plan, stream)
        expect(['EHLO a.probe.test', 'QUIT', undefined]).toContain(said[0])
        expect(said.filter((line) => /^(DATA|BDAT|VRFY|EXPN)/.test(line))).toEqual([])
        expect(said.filter((line) => line === 'QUIT').length).toBeLessThanOrEqual(1)
      }),
      RUNS,
    )
  })

  it('it names a mailbox first, each twice at most, strangers three times, and nobody who was not planned', () => {
    fc.assert(
      fc.property(plans, events, (plan, stream) => {
        const named = run(plan, stream).said.filter((line) => line.startsWith('RCPT'))
        const count = (path: string) => named.filter((line) => line === `RCPT TO:<${path}>`).length
        if (named.length > 0) expect(named[0]).toBe(`RCPT TO:<${plan.mailboxes[0]}>`)
        for (const path of plan.mailboxes) expect(count(path)).toBeLessThanOrEqual(2)
        for (const path of plan.strangers) expect(count(path)).toBeLessThanOrEqual(3)
        const postmaster = plan.postmaster === null ? [] : [plan.postmaster]
        for (const path of postmaster) expect(count(path)).toBeLessThanOrEqual(1)
        const all = [...plan.mailboxes, ...plan.strangers, ...postmaster].map(count)
        expect(named.length).toBe(all.reduce((sum, one) => sum + one, 0))
      }),
      RUNS,
    )
  })

  it('it is refused three times at most, two where it asks about one mailbox and one stranger', () => {
    fc.assert(
      fc.property(plans, recipientsAnswered, (plan, stream) => {
        const { last } = run({ ...plan, early: null, controlTiming: 'after_250', window: 3 }, stream)
        const refused = last.state.told.filter(({ phase, reply }) => phase === 'rcpt' && reply.code >= 500)
        const most = plan.mailboxes.length + plan.strangers.length > 2 ? 3 : 2
        expect(refused.length).toBeLessThanOrEqual(most)
      }),
      RUNS,
    )
  })

  it('it keeps a connection only where every command had its answer and the server did not leave', () => {
    fc.assert(
      fc.property(plans, recipientsAnswered, (plan, stream) => {
        const { last, said } = run({ ...plan, keep: true }, stream)
        const isKept = last.end === 'done' && last.send.length === 0
        if (!isKept || last.state.told.some(({ reply }) => reply.code === 421)) return
        expect(last.state.awaiting).toEqual([])
        expect(said).not.toContain('QUIT')
        expect(last.state.told.every(({ phase }) => phase === 'rcpt')).toBe(true)
      }),
      RUNS,
    )
  })

  it('it sends groups only to a server that offered PIPELINING, where the plan allows it', () => {
    fc.assert(
      fc.property(plans, events, (plan, stream) => {
        const { groups, last } = run({ ...plan, early: null }, stream)
        if (!plan.pipelining) expect(Math.max(0, ...groups)).toBeLessThanOrEqual(1)
        if (!last.state.extensions.includes('PIPELINING') && !last.state.secured) {
          expect(Math.max(0, ...groups)).toBeLessThanOrEqual(1)
        }
      }),
      RUNS,
    )
  })

  it('it says nothing after 421', () => {
    fc.assert(
      fc.property(plans, events, fc.integer({ min: 0, max: 6 }), (plan, stream, after) => {
        let step: Step = begin(plan)
        for (let n = 0; n < after && step.end === null; n += 1) {
          step = next(step.state, step.secure ? { type: 'secured' } : (stream.next().value as Event))
        }
        if (step.end !== null || step.secure) return
        const closing = next(step.state, {
          type: 'reply',
          at: 0,
          reply: { code: 421, enhanced: null, lines: ['Closing'] },
        })
        expect(closing.end).toBe('done')
        expect(closing.send).toEqual([])
      }),
      RUNS,
    )
  })
})
