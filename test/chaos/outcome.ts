// What a story of killed parts came to: figures beside their targets.
import { outcomeOf, type Part } from '../bench/edge/report.ts'

export interface Outcome {
  readonly parts: readonly Part[]
}

/** Names of the figures that miss their targets. */
export function missedOf({ parts }: Outcome): string[] {
  return parts.flatMap(({ figures }) =>
    figures.filter((figure) => outcomeOf(figure) === 'MISSED').map(({ name }) => name),
  )
}
