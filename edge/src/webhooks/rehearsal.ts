// `webhook_fails@…` of a test key: its event is never accepted, so that retries, parking and replay can be tried.
import { z } from 'zod'

const sandboxEvent = z.object({
  type: z.literal('verification.completed'),
  data: z.object({ email: z.string(), cost: z.object({ why: z.literal('sandbox') }) }),
})

const NAME = 'webhook_fails'

/** True for an event of the sandbox whose address asks for it, by its local part or tag. */
export function failsOnPurpose(payload: string): boolean {
  // Most events need no second look.
  if (!payload.toLowerCase().includes(NAME)) return false
  const event = sandboxEvent.safeParse(JSON.parse(payload))
  if (!event.success) return false
  const { email } = event.data.data
  return email.slice(0, email.lastIndexOf('@')).toLowerCase().split('+').includes(NAME)
}
