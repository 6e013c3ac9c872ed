// How a caller wants a domain's report told: what the query of its route may say of that.
import { z } from '@hono/zod-openapi'
import { ASSUMED } from '@postern/shared/report/availability.ts'
import { PROFILE_NAMES, PROFILES } from '@postern/shared/report/profiles.ts'
import type { ToldAs } from '../reports/as-wanted.ts'

const listed = PROFILE_NAMES.map((name) => `\`${name}\` for ${PROFILES[name].for}`).join('; ')

const A_SHARE = 'is a share between 0 and 1, such as 0.99'

export const toldAsQuery = {
  availability: z
    .string()
    .min(1)
    .transform(Number)
    .pipe(z.number(A_SHARE).gt(0, A_SHARE).lt(1, A_SHARE))
    .optional()
    .openapi({
      type: 'number',
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      description: `Availability of each exchange by itself, from which the model of the section \`availability\` follows; ${ASSUMED} otherwise. For this answer only.`,
    }),
  profile: z
    .enum(PROFILE_NAMES)
    .optional()
    .openapi({
      description: `Who weighs the findings: ${listed}. For this answer only; the history has them by \`default\`.`,
    }),
}

interface Asked {
  readonly availability?: number | undefined
  readonly profile?: ToldAs['profile'] | undefined
}

export function toldAs({ availability, profile }: Asked): ToldAs {
  return { profile: profile ?? 'default', availability: availability ?? null }
}
