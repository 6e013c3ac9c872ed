// What the edge remembers of lanes' reports, in the story of an address: asked of nobody again, and dated by when it was said.
import { describe, expect, it } from 'vitest'
import { evening, yes } from './evening.ts'
import { replyTo, START } from './facts.ts'

describe('what a lane has lately reported', () => {
  const said = [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')].map((fact) => ({
    ...fact,
    observedAt: START - 60_000,
  }))
  const remembered = { facts: said, lane: 'eu-2' }

  it.each(['fast', 'full'] as const)(
    'answers in %s mode, dated by when it was said, and nobody is asked',
    async (mode) => {
      const { verified, asked, noted } = await evening('jane@strict.test', { remembered, request: { mode } })
      expect(verified).toMatchObject({
        verdict: { status: 'deliverable', reason: 'mailbox_accepted', level: 'confirmed' },
        smtpState: 'cached',
        lane: 'eu-2',
        saidAt: START - 60_000,
      })
      expect({ asked, noted }).toEqual({ asked: 0, noted: [] })
    },
  )

  it('is noted when a lane has been asked', async () => {
    const { verified, noted } = await evening('jane@strict.test', { said: yes })
    expect(verified.saidAt).toBeNull()
    expect(noted).toMatchObject([{ lane: 'eu-1', facts: [{ to: 'mailbox' }, { to: 'stranger' }] }])
  })
})
