// What a story of killed parts came to: figures beside their targets, and where its traces are.
import { outcomeOf, type Part } from '../bench/edge/report.ts'

export interface Outcome {
  readonly parts: readonly Part[]
  /** Folder with state and messages; null where nothing was missed and it is gone. */
  readonly kept: string | null
}

/** Names of the figures that miss their targets. */
export function missedOf({ parts }: Pick<Outcome, 'parts'>): string[] {
  return parts.flatMap(({ figures }) =>
    figures.filter((figure) => outcomeOf(figure) === 'MISSED').map(({ name }) => name),
  )
}
