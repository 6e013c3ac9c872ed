// Who vouches for a record of a domain, as its report shows it.
import { z } from '@hono/zod-openapi'
import { DNSSEC_STATES } from '../dns/dnssec.ts'

export const recordDnssec = z.enum(DNSSEC_STATES).nullable().openapi({
  description:
    'Of the answer, a "nothing there" included: `secure` where all resolvers that were asked vouch for it. Null where it was not learned, as where signatures do not hold',
})
