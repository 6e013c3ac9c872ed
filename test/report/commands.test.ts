// Commands to paste: for this domain, and nothing in them that a shell would read otherwise.
import { commandsFor } from '@postern/shared/report/commands.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('commands', () => {
  it('are those of the domain and of its exchanges', () => {
    const commands = commandsFor({
      domain: 'a.test',
      exchanges: ['mx1.a.test', 'mx1.a.test', 'mx2.b.test'],
      selector: 's1',
    })
    const texts = commands.map(({ command }) => command)
    expect(texts).toContain('dig +noall +answer MX a.test')
    expect(texts).toContain('dig +short TXT s1._domainkey.a.test')
    expect(texts).toContain(
      'openssl s_client -starttls smtp -connect mx2.b.test:25 -servername mx2.b.test -verify_hostname mx2.b.test </dev/null',
    )
    expect(texts.filter((text) => text.includes('swaks'))).toHaveLength(2)
    expect(new Set(commands.map(({ title }) => title)).size).toBe(commands.length)
  })

  it('hold no name that is none, whoever published it', () => {
    const any = fc.string({ unit: 'binary', maxLength: 60 })
    fc.assert(
      fc.property(any, fc.array(any, { maxLength: 4 }), any, (domain, exchanges, selector) => {
        for (const { command } of commandsFor({ domain, exchanges: [...exchanges, '$(id).test'], selector })) {
          expect(command).toMatch(/^[a-z0-9 +_.:/@<-]+$/i)
        }
      }),
      { numRuns: 2_000 },
    )
    expect(commandsFor({ domain: 'a.test; rm -rf /', exchanges: [] })).toEqual([])
    expect(commandsFor({ domain: '-rf.test', exchanges: [] })).toEqual([])
    expect(JSON.stringify(commandsFor({ domain: 'a.test', exchanges: ['`id`.test', '--help'] }))).not.toMatch(
      /`|--help/,
    )
  })
})
