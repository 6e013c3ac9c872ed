// Domains that are about the way to the mail host: backups, aliases, and routes that lead nowhere.
import { acceptsAll, closedPort, dead, strict, unwelcoming } from '../characters.ts'
import type { DomainRow } from '../domain-row.ts'
import { known, learns, unknown } from '../mailbox.ts'
import * as is from '../outcome.ts'
import { MX, only } from './report-ids.ts'

export const routes: readonly DomainRow[] = [
  {
    domain: 'backup-catchall.test',
    mx: [closedPort, acceptsAll],
    boxes: { 'jane.roe': learns(is.acceptsAll) },
    note: 'The first exchange refuses connections, the backup accepts whatever is asked.',
  },
  {
    domain: 'backup-strict.test',
    mx: [closedPort, strict],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    ...only(MX, 'MX_NO_IPV6'),
    note: 'The first exchange refuses connections, the backup is strict.',
  },
  {
    domain: 'dead-primary.test',
    mx: [dead, strict],
    boxes: { 'jane.roe': learns(is.within(10_000, is.accepted)) },
    note: 'The first exchange never greets, the backup is strict.',
  },
  {
    domain: 'null-mx.test',
    zone: ['@ MX 0 .'],
    boxes: { 'jane.roe': learns(is.nullMx) },
    ...only(MX, 'MX_NULL'),
    note: 'Null MX: takes no mail.',
  },
  {
    domain: 'mixed-null-mx.test',
    mx: [strict],
    zone: ['@ MX 0 .', '@ MX 10 mx'],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    ...only(MX, 'MX_NULL_MIXED', 'MX_SINGLE_HOST', 'MX_NO_IPV6'),
    note: 'A null MX beside a real exchange, which counts.',
  },
  {
    domain: 'implicit.test',
    mx: [strict],
    zone: ['@ A $mx'],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    ...only(MX, 'MX_IMPLICIT'),
    note: 'No MX: mail goes to the A record.',
  },
  {
    domain: 'no-mail.test',
    zone: ['@ TXT v=spf1 -all'],
    boxes: { 'jane.roe': learns(is.noMailHost) },
    ...only(MX, 'MX_NONE_NO_ADDRESS'),
    note: 'Exists, with neither MX nor address.',
  },
  {
    domain: 'nxdomain.test',
    nonexistent: true,
    boxes: { 'jane.roe': learns(is.domainNotFound) },
    ...only(MX, 'MX_NXDOMAIN'),
    note: 'Does not exist.',
  },
  {
    domain: 'dangling.test',
    zone: ['@ MX 10 gone'],
    boxes: { 'jane.roe': learns(is.noMailHost) },
    ...only(MX, 'MX_DANGLING_NXDOMAIN'),
    note: 'The exchange does not exist.',
  },
  {
    domain: 'ip-exchange.test',
    mx: [unwelcoming('an exchange written as an address is never dialled')],
    zone: ['@ MX 10 $mx.'],
    boxes: { 'jane.roe': learns(is.inconclusive) },
    ...only(MX, 'MX_IS_IP'),
    note: 'The exchange is an IP address written as a name.',
  },
  {
    domain: 'private.test',
    zone: ['@ MX 10 mx', 'mx A 10.9.8.7'],
    boxes: { 'jane.roe': learns(is.noMailHost) },
    ...only(MX, 'MX_PRIVATE_ADDRESS', 'MX_SINGLE_HOST', 'MX_NO_IPV6'),
    note: 'The exchange has a private address.',
  },
  {
    domain: 'loopback.test',
    zone: ['@ MX 10 mx', 'mx A 127.0.0.1'],
    boxes: { 'jane.roe': learns(is.noMailHost) },
    note: 'The exchange is at 127.0.0.1, outside the network that may be dialled; a trap listens there.',
  },
  {
    domain: 'ipv6-only.test',
    // 2d00::/8 is global unicast that IANA has given to nobody.
    zone: ['@ MX 10 mx', 'mx AAAA 2d00::25'],
    boxes: { 'jane.roe': learns(is.noLane) },
    ...only(MX, 'MX_SINGLE_HOST'),
    note: 'The exchange has an IPv6 address only.',
  },
  {
    domain: 'cname-exchange.test',
    mx: [strict],
    zone: ['@ MX 10 alias', 'alias CNAME mx'],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    ...only(MX, 'MX_CNAME', 'MX_SINGLE_HOST', 'MX_NO_IPV6'),
    note: 'The exchange is an alias.',
  },
  {
    domain: 'cname-domain.test',
    mx: [strict],
    zone: ['@ CNAME real', 'real MX 10 mx'],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'The domain is an alias of one with an MX.',
  },
  {
    domain: 'opted-out.test',
    mx: [unwelcoming('the domain has opted out')],
    zone: ['_verify-policy TXT probe=no'],
    boxes: { 'jane.roe': learns(is.optedOut) },
    note: 'Does not want to be asked.',
  },
]
