// What `full` mode must answer about each mailbox of the world, for journeys and for whoever tries the service.
import { domainToUnicode } from 'node:url'
import { domains } from './domains.ts'
import type { Outcome } from './outcome.ts'

export interface Truth extends Outcome {
  /** As a person would type it: the domain in U-form. */
  readonly address: string
}

export function worldTruth(): readonly Truth[] {
  return domains.flatMap(({ domain, boxes = {} }) =>
    Object.entries(boxes).flatMap(([local, { outcome }]) =>
      outcome === null ? [] : [{ address: `${local}@${domainToUnicode(domain)}`, ...outcome }],
    ),
  )
}
