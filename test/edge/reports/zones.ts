// Zones of domains with mail in order, of two exchanges and of five, and what is served beside them.
import type { ServerResponse } from 'node:http'
import { reverseNameOf } from '@postern/shared/report/reverse-findings.ts'

const reverseOf = (address: string): string => reverseNameOf(address) ?? ''

/** `n` exchanges with an address of each family, reverse names of their own, and every record that a report asks for. */
export function soundZone(n: number, wish: readonly string[] = []): string[] {
  const hosts = Array.from({ length: n }, (_, at) => at + 1)
  return [
    ...hosts.flatMap((at) => [
      `a MX ${at * 10} mx${at}.a.test.`,
      `mx${at}.a A 8.8.${at}.8`,
      `mx${at}.a AAAA 2606:4700:${at}::1`,
      `${reverseOf(`8.8.${at}.8`)}. PTR out${at}.a.test.`,
      `${reverseOf(`2606:4700:${at}::1`)}. PTR out${at}.a.test.`,
      `out${at}.a A 8.8.${at}.8`,
      `out${at}.a AAAA 2606:4700:${at}::1`,
    ]),
    'a TXT v=spf1 include:one.a.test include:two.a.test include:three.a.test -all',
    ...['one', 'two', 'three'].map((name) => `${name}.a TXT v=spf1 ip4:8.8.1.0/24 -all`),
    '_dmarc.a TXT v=DMARC1; p=reject; rua=mailto:d@b.test',
    'a.test._report._dmarc.b TXT v=DMARC1',
    '_mta-sts.a TXT v=STSv1; id=1',
    'mta-sts.a A 8.8.4.4',
    '_smtp._tls.a TXT v=TLSRPTv1; rua=mailto:t@a.test',
    'main._domainkey.a TXT v=DKIM1; p=',
    ...wish,
  ]
}

export const POLICY = 'version: STSv1\nmode: enforce\nmx: *.a.test\nmax_age: 1209600\n'

export const policy =
  (text = POLICY) =>
  (_request: unknown, response: ServerResponse): void =>
    void response.writeHead(200, { 'content-type': 'text/plain' }).end(text)
