// What an account tells of its own messages: that they arrived, or came back and with which words.
import { z } from '@hono/zod-openapi'

const event = z.strictObject({
  email: z.string().max(1_000),
  event: z.enum(['delivered', 'bounced']),
  reply: z.string().max(4_096).optional().openapi({
    description: 'What the mail server said, as a log has it; may begin with code and status.',
    example: '550 5.1.1 User unknown',
  }),
  at: z.iso.datetime({ offset: true }).optional().openapi({ description: 'When that was; now, where it is absent.' }),
})

export const feedbackRequest = z
  .strictObject({ events: z.array(event).min(1).max(25), account: z.string().max(80).optional() })
  .openapi('FeedbackRequest')
export type FeedbackEvent = z.infer<typeof event>

export const feedback = z
  .strictObject({
    remembered: z
      .number()
      .int()
      .openapi({ description: 'Events that count from now on, for this account, for 30 days.' }),
    skipped: z
      .number()
      .int()
      .openapi({ description: 'Events about what is no mailbox, or of a time that is not yet.' }),
  })
  .openapi('Feedback')
