// Accounts, their keys, credits and usage, as operators and account holders see them.
import { z } from '@hono/zod-openapi'

const instant = z.iso.datetime()
const id = z.string().max(60)
const note = z.string().max(200)

/** Flags that an account may refuse: a sign-up with one of them is advised to be rejected. */
export const REFUSABLE = [
  'disposable',
  'relay',
  'forwarding',
  'free',
  'role',
  'subaddress',
  'gibberish',
  'suspected_trap',
  'abuse',
] as const

/** Flags that change the status unless an account wants them shown only. */
export const FLAG_ONLY = ['role'] as const

const settings = {
  tier: z.enum(['trial', 'standard', 'high']).openapi({ description: 'Which limits its keys have.' }),
  unlimited: z.boolean().openapi({ description: 'True: verifications are counted and never refused for credit.' }),
  when_out_of_credits: z.enum(['refuse', 'free']).openapi({
    description:
      'What fast mode does without credits: answer 402, or go on free of charge. Full mode always answers 402.',
  }),
  refuse_flags: z.array(z.enum(REFUSABLE)).max(REFUSABLE.length).openapi({
    description: 'Flags for which the advice is `reject`.',
  }),
  flag_only: z.array(z.enum(FLAG_ONLY)).max(FLAG_ONLY.length).openapi({
    description: 'Flags that are shown and do not make a verdict `risky`.',
  }),
  low_credits_at: z.number().min(0).max(1e9).multipleOf(0.001).nullable().openapi({
    description: 'Balance at which `credits.low` is raised, in units; null for never.',
  }),
}

/** Settings of an account; units are public ones. */
export const accountSettings = z.strictObject(settings)
export type AccountSettings = z.infer<typeof accountSettings>

export const USUAL_SETTINGS: AccountSettings = {
  tier: 'trial',
  unlimited: false,
  when_out_of_credits: 'refuse',
  refuse_flags: [],
  flag_only: [],
  low_credits_at: null,
}

const name = z.string().min(1).max(100)

export const newAccount = z
  .strictObject({
    name,
    partition: z
      .string()
      .max(12)
      .optional()
      .openapi({ description: 'Where its data stays, for ever. Default: `default`.' }),
    location: z.enum(['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me']).optional().openapi({
      description: 'Where most of its requests come from: its object is made there.',
    }),
    ...z.strictObject(settings).partial().shape,
  })
  .openapi('NewAccount')

export const accountChange = z
  .strictObject({ name: name.optional(), ...z.strictObject(settings).partial().shape })
  .openapi('AccountChange')

export const balance = z
  .strictObject({
    bought: z.number(),
    spent: z.number(),
    reserved: z.number().openapi({ description: 'What requests under way may come to cost.' }),
    available: z.number().nullable().openapi({ description: 'null: without limit' }),
  })
  .openapi('Balance')

export const account = z
  .strictObject({
    id,
    name,
    partition: z.string(),
    ...settings,
    standing: z.enum(['good', 'strict', 'out']).openapi({
      description: '`strict`: so little is left that every answer waits for the ledger.',
    }),
    balance,
    created_at: instant,
  })
  .openapi('Account')
export type AccountBody = z.infer<typeof account>

export const accountList = z
  .strictObject({
    accounts: z.array(z.strictObject({ id, name, partition: z.string(), created_at: instant.nullable() })),
    next_cursor: z.string().nullable(),
  })
  .openapi('AccountList')

const kind = z.enum(['sk_live', 'sk_test', 'pk_live', 'pk_test', 'ak_live', 'ak_test'])

export const newKey = z
  .strictObject({
    kind,
    name: note.optional(),
    origins: z.array(z.string()).max(10).optional().openapi({
      description:
        'pk_ only, and needed there: `https://shop.example`, `https://*.shop.example`, `http://localhost:*`.',
    }),
    expires_at: instant.optional(),
    account: id.optional().openapi({ description: 'Operators only: whose key it becomes.' }),
  })
  .openapi('NewKey')
export type NewKey = z.infer<typeof newKey>

export const key = z
  .strictObject({
    id,
    account: id,
    kind,
    name: z.string(),
    origins: z.array(z.string()),
    last_four: z.string(),
    created_at: instant,
    expires_at: instant.nullable(),
    revoked_at: instant.nullable(),
  })
  .openapi('Key')
export type KeyBody = z.infer<typeof key>

export const madeKey = z
  .strictObject({ ...key.shape, key: z.string().openapi({ description: 'Shown now and never again.' }) })
  .openapi('MadeKey')

export const keyList = z.strictObject({ keys: z.array(key) }).openapi('KeyList')

/** Longest time for which a replaced key goes on working, in seconds. */
export const MAX_OVERLAP_S = 30 * 86_400

export const rotation = z
  .strictObject({
    overlap_s: z.number().int().min(0).max(MAX_OVERLAP_S).optional().openapi({
      description: 'How long the replaced key goes on working, in seconds. Default: a day.',
    }),
  })
  .openapi('Rotation')

export const newCredit = z
  .strictObject({
    account: id,
    units: z
      .number()
      .min(-1e9)
      .max(1e9)
      .multipleOf(0.001)
      .openapi({ description: 'Units bought; below zero takes back.' }),
    reference: z.string().min(1).max(100).optional().openapi({
      description:
        'Your own name of the purchase: the same one again is the same purchase. Default: the idempotency key.',
    }),
    note: note.optional(),
  })
  .openapi('NewCredit')

const credit = z.strictObject({ reference: z.string(), units: z.number(), note: z.string(), at: instant })
export const madeCredit = z.strictObject({ account: id, credit, balance }).openapi('MadeCredit')
export const creditList = z.strictObject({ account: id, credits: z.array(credit), balance }).openapi('CreditList')

const sum = z.strictObject({ count: z.number().int(), units: z.number() })

export const usage = z
  .strictObject({
    account: id,
    from: z.iso.date(),
    to: z.iso.date(),
    by: z.enum(['day', 'key', 'mode']),
    rows: z.array(
      z.strictObject({
        group: z.string().openapi({ description: 'The day, key id or mode.' }),
        why: z.string().openapi({ description: 'Why it was charged, or why it was free.' }),
        ...sum.shape,
      }),
    ),
    charged: sum,
    free: sum,
    balance,
  })
  .openapi('Usage')
export type UsageBody = z.infer<typeof usage>

export const erasureRequest = z.strictObject({ email: z.string(), account: id.optional() }).openapi('ErasureRequest')
export const erasure = z
  .strictObject({
    verifications: z.number().int().openapi({ description: 'Records of verifications that were erased.' }),
    rows: z.number().int().openapi({ description: 'Rows of batches that were.' }),
  })
  .openapi('Erasure')
