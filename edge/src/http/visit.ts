// A visitor of our pages: known by the address that it comes from, as an HMAC, and counted by the hour.
import type { Context } from 'hono'
import { base32 } from '../accounts/ids.ts'
import { sign } from '../accounts/secrets.ts'
import type { Asked } from '../accounts/visitor.ts'
import type { Services } from '../routes/context.ts'
import { subscriber } from './near-limits.ts'

const NAME_OCTETS = 20

/** As the platform saw it; callers cannot choose it. */
export function ipOf(context: Context): string {
  return context.req.header('cf-connecting-ip') ?? '127.0.0.1'
}

/** One more of that kind from that address: whether it may be, and what is left. */
export async function countVisit(
  asked: Asked,
  ip: string,
  { secrets, visitor }: Pick<Services, 'secrets' | 'visitor'>,
) {
  const name = base32((await sign(secrets, 'visitor', subscriber(ip))).subarray(0, NAME_OCTETS))
  return visitor(name, asked)
}
