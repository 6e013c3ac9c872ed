// When a domain was registered, as its registry's answer says (RFC 9083 §4.5 and §5.3).
import { z } from 'zod'

const answer = z.object({
  objectClassName: z.literal('domain'),
  ldhName: z.string(),
  events: z.array(z.object({ eventAction: z.string(), eventDate: z.string() }).or(z.unknown())).optional(),
})
const event = z.object({
  eventAction: z.enum(['registration', 'reregistration']),
  eventDate: z.iso.datetime({ offset: true, local: true }),
})

/** RFC 920: before October 1984 there were no domains. */
const EARLIEST = Date.UTC(1984, 9, 1)

/**
 * Instant in milliseconds since the epoch; the later one, where a name was registered again. Null where the answer is about
 * another name, or tells no date that can be: `now` is the latest.
 */
export function registeredAt(value: unknown, domain: string, now: number): number | null {
  const read = answer.safeParse(value)
  if (!read.success || read.data.ldhName.toLowerCase().replace(/\.$/, '') !== domain) return null
  const dates = (read.data.events ?? [])
    .flatMap((one) => event.safeParse(one).data ?? [])
    .map(({ eventDate }) => Date.parse(eventDate))
    .filter((at) => at >= EARLIEST && at <= now)
  return dates.length === 0 ? null : Math.max(...dates)
}
