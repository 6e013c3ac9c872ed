// What reports of the world's domains offer to be published: domain, finding, and each record; when an id was made is left out.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import { publicKeyDigest } from '../world/smtp/tls-identity.ts'

export function offeredIn(report: DomainReport | undefined, id: string): string[] | undefined {
  return report?.findings
    .find((one) => one.id === id)
    ?.publish.map(({ name, type, value }) => `${name} ${type} ${value.replace(/id=\d{14}/u, 'id=…')}`)
}

const policyAt = (domain: string): string =>
  `https://mta-sts.${domain}/.well-known/mta-sts.txt file version: STSv1\nmode: testing\nmx: mx.${domain}\nmax_age: 604800\n`
const recordAt = (domain: string): string => `_mta-sts.${domain} TXT v=STSv1; id=…;`
const pinAt = (domain: string, host = 'mx'): string => `_25._tcp.${host}.${domain} TLSA 3 1 1 ${publicKeyDigest()}`

export const OFFERED: readonly (readonly [string, string, readonly string[]])[] = [
  ['tls-trusted.test', 'DANE_NONE', []],
  ['dane-none.test', 'DANE_NONE', [pinAt('dane-none.test')]],
  ['dane-partial.test', 'DANE_PARTIAL', [pinAt('dane-partial.test', 'mx2')]],
  ['dane-unusable.test', 'DANE_UNUSABLE', [pinAt('dane-unusable.test')]],
  ['dane-unsigned.test', 'DANE_TLSA_INSECURE', []],
  ['dane-unsigned-misfit.test', 'DANE_TLSA_INSECURE', [pinAt('dane-unsigned-misfit.test')]],
  ['dane-weaker.test', 'DANE_WEAKER_DIGEST', [`_25._tcp.mx.dane-weaker.test TLSA 3 1 2 ${publicKeyDigest('sha512')}`]],
  ['dane-mismatch.test', 'DANE_MISMATCH', [pinAt('dane-mismatch.test')]],
  ['tls-trusted.test', 'STS_NONE', [policyAt('tls-trusted.test'), recordAt('tls-trusted.test')]],
  ['sts-orphan.test', 'STS_ORPHAN_POLICY', [recordAt('sts-orphan.test')]],
  ['sts-orphan-old.test', 'STS_ORPHAN_POLICY', [policyAt('sts-orphan-old.test')]],
  ['null-mx.test', 'DMARC_NONE', ['_dmarc.null-mx.test TXT v=DMARC1; p=reject; sp=reject']],
  ['null-mx.test', 'SPF_NONE', ['null-mx.test TXT v=spf1 -all']],
]
