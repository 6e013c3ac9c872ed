// Which operator runs an exchange, and whether the table says of each what its readers rely on.
import { describe, expect, test } from 'vitest'
import { type ProviderRow, providerOf, providers, providerTable } from '@postern/shared/dns/provider.ts'

describe('the operator of an exchange', () => {
  test('is in a table as its schema says, phrases in lower case included', () => {
    expect(providerTable.parse(providers)).toEqual(providers)
  })

  test.each([
    ['gmail-smtp-in.l.google.com', 'gmail.com', 'google-consumer'],
    ['alt1.gmail-smtp-in.l.google.com', 'googlemail.com', 'google-consumer'],
    ['gmail-smtp-in.l.google.com', 'b.example', 'google-workspace'],
    ['aspmx.l.google.com', 'gmail.com', 'google-workspace'],
    ['aspmx2.googlemail.com', 'b.example', 'google-workspace'],
    ['smtp.google.com', 'b.example', 'google-workspace'],
    ['outlook-com.olc.protection.outlook.com', 'outlook.com', 'ms-consumer'],
    ['b-example.mail.protection.outlook.com', 'b.example', 'ms-365'],
    ['b-example.x-v1.mx.microsoft', 'b.example', 'ms-365'],
    ['mta5.am0.yahoodns.net', 'yahoo.com', 'yahoo'],
    ['mx01.mail.icloud.com', 'icloud.com', 'apple'],
    ['mail.protonmail.ch', 'proton.me', 'proton'],
    ['mx2.zoho.eu', 'b.example', 'zoho'],
    ['mx00.gmx.net', 'gmx.de', 'gmx-webde'],
    ['mxs.mail.ru', 'mail.ru', 'mailru'],
    ['mx.yandex.net', 'b.example', 'yandex'],
    ['mx3.qq.com', 'qq.com', 'cn-evasive'],
    ['freemx1.sinamail.sina.com.cn', 'sina.com', 'cn-evasive'],
    ['eu-smtp-inbound-1.mimecast.com', 'b.example', 'mimecast'],
    ['mxa-00123456.gslb.pphosted.com', 'b.example', 'proofpoint'],
    ['d1.a.ess.de.barracudanetworks.com', 'b.example', 'barracuda'],
    ['cluster5.eu.messagelabs.com', 'b.example', 'symantec'],
    ['mx1.antispamcloud.com', 'b.example', 'spamexperts'],
    ['route1.mx.cloudflare.net', 'b.example', 'cloudflare-routing'],
    ['mx1.simplelogin.co', 'b.example', 'forwarders-relay'],
    ['mx1.improvmx.com', 'b.example', 'forwarders'],
    ['inbound-smtp.eu-west-1.amazonaws.com', 'b.example', 'ses-inbound'],
    ['inbound-smtp.a.b.amazonaws.com', 'b.example', 'default'],
    ['ec2-192-0-2-1.eu-west-1.compute.amazonaws.com', 'b.example', 'default'],
    ['mx.b.example', 'b.example', 'default'],
    ['notgoogle.com', 'b.example', 'default'],
    ['google.com.b.example', 'b.example', 'default'],
    ['protection.outlook.com', 'b.example', 'default'],
    ['', 'b.example', 'default'],
  ])('%s, for %s, is %s', (exchange, domain, id) => {
    expect(providerOf(exchange, domain).id).toBe(id)
  })
})

describe('the table of providers', () => {
  const rows = providers.rows.map((row) => [row.id, row] as const)

  test('has a date, one row per id, and one default', () => {
    expect(providers.version).toMatch(/^20\d\d-\d\d-\d\d$/)
    expect(new Set(providers.rows.map(({ id }) => id)).size).toBe(providers.rows.length)
    expect(providers.rows.filter(({ suffixes }) => suffixes.length === 0).map(({ id }) => id)).toEqual(['default'])
  })

  test.each(rows)('%s finds its own suffixes', (id, row) => {
    for (const suffix of row.suffixes) {
      const host = suffix.replace('*', 'eu-west-1')
      for (const exchange of [host, `mx.${host}`])
        expect(providerOf(exchange, row.domains?.[0] ?? 'b.example').id).toBe(id)
      expect(suffix).toBe(suffix.toLowerCase())
    }
  })

  const controlled: readonly ProviderRow['meaningOf250'][] = ['exists_if_stranger_refused']
  test.each(rows)('%s: what it says goes together', (_, row) => {
    const { limits } = row
    expect(row.probe === 'no').toBe(limits.connections === 0 && limits.recipientsPerMinute === 0)
    if (row.probe === 'no') expect(row).toMatchObject({ meaningOf250: 'nothing', noCodes: [] })
    expect(row.control === 'none').toBe(row.controlTiming === 'none')
    if (controlled.includes(row.meaningOf250)) expect(row.control).not.toBe('none')
    if (row.oneRecipientPerSession) expect(limits.recipientsPerSession).toBe(1)
    for (const no of row.noCodes) expect(no.enhanced ?? no.phrase).toBeDefined()
  })

  test('lists no code for strangers of a server that nobody knows', () => {
    expect(providerOf('mx.b.example', 'b.example').noCodes).toEqual([])
  })
})
