// How a bench tells what it measured: aligned tables, and figures beside their targets.
export interface Figure {
  /** As in the summary, unit included: `fast_p50_ms`. */
  readonly name: string
  readonly value: number
  readonly target?: { readonly atLeast: number } | { readonly atMost: number }
}

/** One subject of the bench, ready to be told. */
export interface Part {
  readonly title: string
  readonly lines: readonly string[]
  readonly figures: readonly Figure[]
}

export type Row = readonly (string | number)[]

/** The first column to the left, all others to the right. */
export function aligned(rows: readonly Row[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)))
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = String(row[column] ?? '')
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

export function told({ title, lines, figures }: Part): string {
  const rows = figures.map((figure): Row => [figure.name, figure.value, targetOf(figure), outcomeOf(figure)])
  return ['', title, ...lines, ...aligned(rows).map((line) => `  ${line}`)].join('\n')
}

function targetOf({ target }: Figure): string {
  if (target === undefined) return ''
  return 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`
}

export function outcomeOf({ value, target }: Figure): 'ok' | 'MISSED' | '' {
  if (target === undefined) return ''
  const reached = 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
  return reached ? 'ok' : 'MISSED'
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}

/** The value below which a share (0–1) of the list lies. */
export function quantile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export const median = (list: readonly number[]): number => quantile(list, 0.5)
