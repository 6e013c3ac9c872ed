// Postfix that wants us to wait or to come back: Postgrey, postscreen, verification of recipients at the server behind.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lane, startLane } from './lane.ts'
import { complaints, type Postfix, type PostfixServer, startPostfix } from './postfix.ts'
import { type Postgrey, startPostgrey } from './postgrey.ts'
import { because, LACKING } from './programs.ts'

const policy = (service: string) => ({
  smtpd_recipient_restrictions: `reject_unauth_destination check_policy_service ${service}`,
})
const greetPause = (seconds: number) => ({
  postscreen_greet_wait: `${seconds}s`,
  postscreen_greet_action: 'enforce',
})
const deepTests = {
  ...greetPause(1),
  postscreen_pipelining_enable: 'yes',
  postscreen_pipelining_action: 'enforce',
  postscreen_non_smtp_command_enable: 'yes',
  postscreen_bare_newline_enable: 'yes',
  postscreen_bare_newline_action: 'enforce',
}
const listed = (action: string) => ({
  ...greetPause(1),
  postscreen_access_list: 'static:reject',
  postscreen_denylist_action: action,
})
const verifying = {
  relay_recipient_maps: '',
  smtpd_recipient_restrictions: 'reject_unauth_destination reject_unverified_recipient',
  address_verify_poll_count: '1',
}
const verifyingHard = { ...verifying, unverified_recipient_reject_code: '550' }

const SERVERS: readonly PostfixServer[] = [
  { domain: 'pause.example', screened: true, settings: greetPause(2) },
  { domain: 'pause-no.example', screened: true, settings: greetPause(2) },
  { domain: 'no-time.example', screened: true, settings: greetPause(6) },
  { domain: 'time.example', screened: true, settings: greetPause(6) },
  { domain: 'deep.example', screened: true, settings: deepTests },
  { domain: 'deep-no.example', screened: true, settings: deepTests },
  { domain: 'listed.example', screened: true, settings: listed('enforce') },
  { domain: 'dropped.example', screened: true, settings: listed('drop') },
  { domain: 'front.example', class: 'relay', settings: verifyingHard },
  { domain: 'front-no.example', class: 'relay', settings: verifyingHard },
  { domain: 'front-soft.example', class: 'relay', settings: verifying },
  { domain: 'back.example' },
]
/** The server behind asks its own table, which knows the users of the domains in front. */
const BEHIND = Object.fromEntries(
  ['front.example', 'front-no.example', 'front-soft.example'].map((domain) => [domain, 'back.example']),
)

const ACCEPTED = 'deliverable/mailbox_accepted confirmed'
const NOT_FOUND = 'undeliverable/mailbox_not_found confirmed'
const PUT_OFF = 'unknown/greylisted estimated'
const BLOCKED = 'unknown/blocked estimated'
const known = ['mailbox 250 2.1.5', 'stranger 550 5.1.1']
const unknown = ['mailbox 550 5.1.1', 'postmaster 250 2.1.5']
/** The caller wants no answer from memory. */
const anew = { maxAgeS: 0 }

const reasons = [LACKING.postfix, LACKING.postgrey]
describe.skipIf(reasons.some((reason) => reason !== null))(`Postfix${because(...reasons)}`, () => {
  let greylists: readonly Postgrey[] = []
  let postfix: Postfix
  let lane: Lane
  beforeAll(async () => {
    greylists = await Promise.all([
      startPostgrey({ delayS: 2, text: 'Greylisted, please try again in %s seconds' }),
      startPostgrey({ delayS: 1 }),
    ])
    const [named, unnamed] = greylists.map(({ service }) => policy(service))
    postfix = await startPostfix(
      [
        ...SERVERS,
        { domain: 'greylist.example', settings: named! },
        { domain: 'greylist-no.example', settings: named! },
        { domain: 'impatient.example', settings: named! },
        { domain: 'greylist-plain.example', settings: unnamed! },
      ],
      BEHIND,
    )
    lane = await startLane(postfix.hosts, postfix.port)
  })
  afterAll(async () => {
    await lane?.stop()
    await postfix?.stop()
    await Promise.all(greylists.map((one) => one.stop()))
  })

  describe.concurrent('Postgrey', () => {
    it('puts mailbox and stranger off: unknown/greylisted until the time that it names, then deliverable', async () => {
      const first = await lane.visit('jane@greylist.example')
      expect(first).toMatchObject({ is: PUT_OFF, told: ['mailbox 450 4.2.0', 'stranger 450 4.2.0'] })
      expect(first.retryAfterMs).toBe(2_500)
      await sleep(first.retryAfterMs!)
      expect(await lane.visit('jane@greylist.example')).toMatchObject({ is: ACCEPTED, told: known })
    })

    it('puts nobody off as it does anybody: the no comes with the second visit, confirmed', async () => {
      expect(await lane.visit('nobody@greylist-no.example')).toMatchObject({ is: PUT_OFF })
      await sleep(2_500)
      expect(await lane.visit('nobody@greylist-no.example')).toMatchObject({ is: NOT_FOUND, told: unknown })
    })

    it('stays unknown for who does not wait, and names what is left of the delay', async () => {
      expect(await lane.visit('jane@impatient.example')).toMatchObject({ is: PUT_OFF, retryAfterMs: 2_500 })
      const again = await lane.visit('jane@impatient.example', anew)
      expect(again).toMatchObject({ is: PUT_OFF, told: ['mailbox 450 4.2.0', 'stranger 450 4.2.0'] })
      expect(again.retryAfterMs).toBeLessThanOrEqual(2_500)
    })

    it('names no time in its own words: a minute is waited, and an early visit that is wanted passes too', async () => {
      expect(await lane.visit('jane@greylist-plain.example')).toMatchObject({ is: PUT_OFF, retryAfterMs: 60_000 })
      expect(await lane.visit('jane@greylist-plain.example')).toMatchObject({ is: PUT_OFF, told: [] })
      await sleep(2_000)
      expect(await lane.visit('jane@greylist-plain.example', anew)).toMatchObject({ is: ACCEPTED, told: known })
    })
  })

  describe.concurrent('postscreen', () => {
    it.each([
      ['a greeting in two parts, two seconds apart, is waited for', 'jane@pause.example', ACCEPTED, known],
      ['behind the pause nobody is nobody', 'nobody@pause-no.example', NOT_FOUND, unknown],
      ['a client that is listed is refused whoever it asks for', 'jane@listed.example', BLOCKED, ['mailbox 550 5.3.2']],
      ['a client that is listed is turned away at the door', 'jane@dropped.example', BLOCKED, ['greeting 521 5.3.2']],
    ])('%s: %s is %s', async (...[, email, is, told]) => {
      expect(await lane.visit(email)).toMatchObject({ is, told })
    })

    it.each([
      [4_000, 'no-time.example', 'unknown/smtp_timeout estimated', ['greeting_timeout']],
      [9_000, 'time.example', ACCEPTED, known],
    ])('its own pause of six seconds, for a caller who waits %i ms: %s is %s', async (...args) => {
      const [budgetMs, domain, is, told] = args
      expect(await lane.visit(`jane@${domain}`, { budgetMs })).toMatchObject({ is, told })
    })

    it.each([
      ['jane@deep.example', ACCEPTED, known],
      ['nobody@deep-no.example', NOT_FOUND, unknown],
    ])('tests behind the greeting end in 450 4.3.2: %s is unknown, and %s when we come back', async (...args) => {
      const [email, is, told] = args
      const first = await lane.visit(email)
      expect(first).toMatchObject({ is: PUT_OFF, told: ['mailbox 450 4.3.2', 'stranger 450 4.3.2'] })
      expect(first.retryAfterMs).not.toBeNull()
      expect(await lane.visit(email, anew)).toMatchObject({ is, told })
    })
  })

  describe.concurrent('reject_unverified_recipient', () => {
    it('asks the server behind: unknown while it does, then deliverable', async () => {
      const first = await lane.visit('jane@front.example')
      expect(first).toMatchObject({ is: PUT_OFF, told: ['mailbox 450 4.1.1', 'stranger 450 4.1.1'] })
      await sleep(1_000)
      expect(await lane.visit('jane@front.example', anew)).toMatchObject({ is: ACCEPTED, told: known })
    })

    it('quotes the refusal of the server behind, and has yet to hear of postmaster: likely, not confirmed', async () => {
      expect(await lane.visit('nobody@front-no.example')).toMatchObject({ is: PUT_OFF })
      await sleep(1_000)
      expect(await lane.visit('nobody@front-no.example', anew)).toMatchObject({
        is: 'undeliverable/mailbox_not_found estimated',
        told: ['mailbox 550 5.1.1', 'postmaster 450 4.1.1'],
      })
    })

    it('refuses softly unless told otherwise: nobody stays unknown, whatever is quoted', async () => {
      expect(await lane.visit('nobody@front-soft.example')).toMatchObject({ is: PUT_OFF })
      await sleep(1_000)
      const second = await lane.visit('nobody@front-soft.example', anew)
      expect(second).toMatchObject({ is: PUT_OFF, told: ['mailbox 450 4.1.1', 'stranger 450 4.1.1'] })
      expect(second.transcript[0]).toMatch(/said: 550 5\.1\.1/)
    })
  })

  it('nobody talked before the greeting or out of turn, and postscreen let us pass', () => {
    expect(complaints(postfix)).toEqual([])
    expect(postfix.log()).toMatch(/postscreen.*PASS NEW \[127\.29\.9\.1\]/)
  })
})
