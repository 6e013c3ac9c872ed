// Hands out the replies of `field-replies.json`, to which anybody can add a line.
import source from './field-replies.json' with { type: 'json' }

/** Replies at RCPT by the class that they mean; lines are parted by LF. */
export const fieldReplies: readonly { readonly kind: string; readonly reply: string }[] = Object.entries(
  source.byClass,
).flatMap(([kind, replies]) => replies.map((reply) => ({ kind, reply })))

/** Replies at RCPT that speak of unknown users, and of somebody or something else: none of them is a no. */
export const neverNo: readonly string[] = source.neverNo
