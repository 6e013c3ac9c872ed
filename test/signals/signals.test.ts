// What an address reveals by itself: one row, one address and everything true of it.
import { describe, expect, test } from 'vitest'
import { parse } from '@postern/shared/address/parse.ts'
import type { Signal } from '@postern/shared/signals/signal.ts'
import { signals } from '@postern/shared/signals/signals.ts'

function seen(typed: string): Signal[] {
  const parsed = parse(typed, { quoted: true, ipLiteral: true })
  if (!parsed.ok) throw new Error(`${typed}: ${parsed.refusal.rule}`)
  return signals(parsed.address)
}

const trueOf = (typed: string) =>
  seen(typed)
    .filter(({ value }) => value)
    .map(({ signal }) => signal)

describe('an address reveals', () => {
  test.each([
    ['nothing at a company', 'jane.roe@company.example', []],
    ['a free mailbox', 'jane.roe@gmail.com', ['free']],
    ['a free mailbox whatever the case', 'jane.roe@GMail.Com', ['free']],
    ['a free mailbox with a tag', 'jane.roe+shop@gmail.com', ['free', 'subaddress']],
    ['a tag that is empty', 'jane+@company.example', ['subaddress']],
    ['no tag where the plus comes first', '+jane@company.example', []],
    ['no tag behind a hyphen, which is part of many names', 'jane-shop@company.example', []],
    ['nothing below a free provider, where its staff is', 'jane@corp.gmail.com', []],
    ['nothing at a name that merely ends like a provider', 'jane@notgmail.com', []],
    ['a disposable mailbox', 'jane@mailinator.com', ['disposable']],
    ['a disposable mailbox at any name below', 'jane@a.b.mailinator.com', ['disposable']],
    ['nothing at a name that merely ends like a disposable one', 'jane@acme-mailinator.com', []],
    ['nothing at a name that merely begins like a disposable one', 'jane@mailinator.com.example', []],
    ['a relay', 'abc123@privaterelay.appleid.com', ['relay']],
    ['no relay at its parent', 'jane@appleid.com', []],
    ['a relay at a person’s own name below it', 'q7@jane.anonaddy.com', ['relay']],
    ['a relay, which is neither free nor disposable', 'jane@duck.com', ['relay']],
    ['a disposable mailbox by the list that several keep', 'jane@0-mail.com', ['disposable']],
    ['a disposable mailbox below a listed name', 'jane@a.b.0-mail.com', ['disposable']],
    ['a disposable mailbox by the longest list', 'jane@001.igg.biz', ['disposable']],
    ['a mailbox that its owner keeps, though the longest list holds it', 'jane@lavabit.com', []],
    ['a free mailbox, though the longest list holds it', 'jane@consultant.com', ['free']],
    ['a free mailbox by the long list', 'jane@wildmail.com', ['free']],
    ['no free mailbox where mail is only sold', 'jane@posteo.de', []],
    ['bait', 'spamtrap@company.example', ['suspected_trap']],
    ['bait with a number', 'honeypot7@company.example', ['suspected_trap']],
    ['nothing at a company called Honeypot', 'jane@honeypot.example', []],
    ['nothing at a mailbox whose name ends in a year', 'jane.roe.92@icloud.com', ['free']],
    ['nothing at a mailbox with the same marks', 'jane_roe_0c@icloud.com', ['free']],
    ['nothing at a number that a university hands out', 'ee18btech11023@university.example', []],
    ['gibberish where anybody takes a name', 'b7k2m9x4q8w1@gmail.com', ['free', 'gibberish']],
    ['nobody’s bait in a word that merely holds it', 'spamtrappist@company.example', []],
    ['a name that Gmail does not give out', 'al@gmail.com', ['free', 'local_part_unlikely']],
    ['a name that Gmail does not give out, dots left out', 'a.l.i.c.e@gmail.com', ['free', 'local_part_unlikely']],
    ['a name with a letter that Gmail does not take', 'jane_roe@gmail.com', ['free', 'local_part_unlikely']],
    ['a duty that every domain has', 'abuse@gmail.com', ['free', 'role']],
    ['a number of Tencent’s', '1234567@qq.com', ['free']],
    ['no number of Tencent’s', '0123@qq.com', ['free', 'local_part_unlikely']],
    ['a relay made up by iCloud+', 'plinths_bowline.0u@icloud.com', ['relay', 'free']],
    ['a mailbox at the same provider', 'jane_roe@icloud.com', ['free']],
    ['an address for life', 'jane@acm.org', ['forwarding']],
    ['no address for life at a host below', 'jane@lists.acm.org', []],
    ['a role', 'info@company.example', ['role']],
    ['a role at an address without a domain name', 'postmaster@[192.0.2.1]', ['role']],
    ['gibberish', 'qxzvkwjp@company.example', ['gibberish']],
    ['a role at a free provider', 'support@gmail.com', ['free', 'role']],
  ])('%s: %s', (_what, typed, expected) => {
    expect(trueOf(typed)).toEqual(expected)
  })

  test('false where a list was searched, and nothing where no check was made', () => {
    expect(seen('jane@company.example').map(({ signal }) => signal)).toEqual([
      'disposable',
      'relay',
      'forwarding',
      'free',
      'role',
      'subaddress',
      'gibberish',
      'suspected_trap',
    ])
    expect(seen('jane@[192.0.2.1]').map(({ signal }) => signal)).toEqual([
      'role',
      'subaddress',
      'gibberish',
      'suspected_trap',
    ])
  })

  test('where each answer comes from: a list with its month, or a standard', () => {
    for (const { source } of seen('jane@company.example')) {
      expect(source).toMatch(/^(?:[a-z0-9 -]+ \d{4}-\d{2}(?:, |$))+|RFC \d+$/)
    }
  })
})
