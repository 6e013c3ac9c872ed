// Origins of browser keys: which patterns may be written into a key, and which pages each of them lets in.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DIGEST_OCTETS, isOriginPattern, matchesOrigin, originDigest } from '../../../edge/src/accounts/origins.ts'

describe('a pattern', () => {
  it.each([
    'https://shop.example',
    'https://www.shop.example',
    'https://shop.example:8443',
    'https://*.shop.example',
    'https://*.shop.example:8443',
    'https://xn--bcher-kva.example',
    'https://a-b.example',
    'https://1.example',
    'https://intranet',
    'http://localhost',
    'http://localhost:3000',
    'http://localhost:*',
    'http://127.0.0.1:8080',
    'http://127.0.0.1:*',
  ])('may be %s', (pattern) => {
    expect(isOriginPattern(pattern)).toBe(true)
  })

  it.each([
    ['', 'nothing'],
    ['*', 'everybody'],
    ['null', 'what pages without an origin say'],
    ['https://*', 'everybody'],
    ['https://*.example', 'everybody under a top level'],
    ['https://*.', 'no name'],
    ['http://shop.example', 'in clear text'],
    ['http://*.localhost', 'a wildcard in clear text'],
    ['http://localhost.evil.test:3000', 'a name that begins like the loopback'],
    ['http://127.0.0.1.evil.test', 'a name that begins like the loopback'],
    ['http://127.0.0.2', 'another loopback'],
    ['HTTPS://shop.example', 'a capital scheme, which browsers do not send'],
    ['https://Shop.example', 'a capital name, which browsers do not send'],
    ['https://shop.example/', 'a path'],
    ['https://shop.example/*', 'a path'],
    ['https://shop.example?x', 'a query'],
    ['https://jane@shop.example', 'a user'],
    ['https://shop.example:', 'a port that is not there'],
    ['https://shop.example:*', 'any port beyond the loopback'],
    ['https://shop.example:123456', 'a port of six digits'],
    ['https://sh*p.example', 'a wildcard within a label'],
    ['https://shop.*.example', 'a wildcard in the middle'],
    ['https://*.*.example', 'two wildcards'],
    ['https://.shop.example', 'an empty label'],
    ['https://shop..example', 'an empty label'],
    ['https://shop.example.', 'a dot at the end'],
    ['https://-shop.example', 'a hyphen first'],
    ['https://shop-.example', 'a hyphen last'],
    ['https://shop_.example', 'an underscore'],
    ['https://bücher.example', 'a name that is not in A-form'],
    ['https://[::1]', 'an IPv6 address'],
    ['ftp://shop.example', 'another scheme'],
    [' https://shop.example', 'a space before it'],
    ['https://shop.example\n', 'a line feed behind it'],
    [`https://${'a'.repeat(260)}.example`, 'longer than a name can be'],
  ])('may not be %o: %s', (pattern) => {
    expect(isOriginPattern(pattern)).toBe(false)
  })

  it('is judged within a moment, however long and whatever it is', () => {
    const startedAt = performance.now()
    for (const unit of ['a', 'a-', 'a.', '-', '.', 'a1-.'])
      expect(isOriginPattern(`https://${unit.repeat(50_000)}!`)).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

describe('a page', () => {
  const rows: [boolean, string, string][] = [
    [true, 'https://shop.example', 'https://shop.example'],
    [true, 'https://shop.example:8443', 'https://shop.example:8443'],
    [false, 'https://shop.example', 'https://shop.example:8443'],
    [false, 'https://shop.example:8443', 'https://shop.example'],
    [false, 'https://shop.example', 'http://shop.example'],
    [false, 'https://shop.example', 'https://www.shop.example'],
    [false, 'https://www.shop.example', 'https://shop.example'],
    // A wildcard is of every name below, and not of its own parent.
    [true, 'https://*.shop.example', 'https://www.shop.example'],
    [true, 'https://*.shop.example', 'https://a.b.c.shop.example'],
    [false, 'https://*.shop.example', 'https://shop.example'],
    [false, 'https://*.shop.example', 'https://example'],
    [false, 'https://*.shop.example', 'http://www.shop.example'],
    [false, 'https://*.shop.example', 'https://www.shop.example:8443'],
    [true, 'https://*.shop.example:8443', 'https://www.shop.example:8443'],
    [false, 'https://*.shop.example:8443', 'https://www.shop.example'],
    [true, 'http://localhost:*', 'http://localhost:3000'],
    [true, 'http://localhost:*', 'http://localhost'],
    [true, 'http://localhost:3000', 'http://localhost:3000'],
    [false, 'http://localhost:3000', 'http://localhost:3001'],
    [false, 'http://localhost:*', 'https://localhost:3000'],
    [false, 'http://localhost:*', 'http://127.0.0.1:3000'],
    [true, 'http://127.0.0.1:*', 'http://127.0.0.1:3000'],
    // Look-alikes.
    [false, 'https://shop.example', 'https://shop.example.evil.test'],
    [false, 'https://shop.example', 'https://evil-shop.example'],
    [false, 'https://*.shop.example', 'https://evilshop.example'],
    [false, 'https://*.shop.example', 'https://www.shop.example.evil.test'],
    [false, 'https://shop.example', 'https://shop.example@evil.test'],
    [false, 'https://shop.example', 'https://evil.test/https://shop.example'],
    [false, 'https://*.shop.example', 'https://evil.test/.shop.example'],
    [false, 'https://*.shop.example', 'https://evil.test:1.shop.example'],
    [false, 'https://shop.example', 'https://shop.example.'],
    [false, 'https://shop.example', 'https://SHOP.example'],
    [false, 'https://shop.example', 'https://shop%2eexample'],
    [false, 'https://shop.example', 'https://shop.examp1e'],
    [false, 'http://localhost:*', 'http://localhost.evil.test:3000'],
    [false, 'https://shop.example', 'null'],
    [false, 'https://shop.example', ''],
    [false, 'https://shop.example', '*'],
  ]

  it.each(rows)('is let in (%s) by a key for %s when it comes from %o', async (expected, pattern, origin) => {
    expect(isOriginPattern(pattern)).toBe(true)
    expect(await matchesOrigin(origin, [await originDigest(pattern)])).toBe(expected)
  })

  it('is let in by any of the patterns of a key, and by none of a key without', async () => {
    const digests = await Promise.all(['https://a.example', 'https://*.b.example'].map(originDigest))
    expect(await matchesOrigin('https://www.b.example', digests)).toBe(true)
    expect(await matchesOrigin('https://a.example', digests)).toBe(true)
    expect(await matchesOrigin('https://a.example', [])).toBe(false)
  })

  it('is let in by no key for a whole top level, though somebody had one made', async () => {
    expect(await matchesOrigin('https://shop.example', [await originDigest('https://*.example')])).toBe(false)
  })

  it('is let in by a digest as a whole: no octet of it may differ', async () => {
    const digest = await originDigest('https://a.example')
    expect(digest).toHaveLength(DIGEST_OCTETS)
    for (let at = 0; at < DIGEST_OCTETS; at += 1)
      expect(await matchesOrigin('https://a.example', [digest.with(at, digest[at]! ^ 1)])).toBe(false)
  })

  it('is refused without a fault, whatever it says of itself', async () => {
    const digests = await Promise.all(['https://*.shop.example', 'http://localhost:*'].map(originDigest))
    const said = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.webUrl(), fc.constant('a.'.repeat(5_000)))
    await fc.assert(
      fc.asyncProperty(said, async (origin) => {
        expect(await matchesOrigin(origin, digests)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })
})
