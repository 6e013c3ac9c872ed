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

/** Takes one subject after the other, each told as soon as it is measured; the figures of all of them by name. */
export async function measured(
  subjects: readonly (() => Part | Promise<Part>)[],
  say: (text: string) => void,
): Promise<Record<string, number>> {
  const parts: Part[] = []
  for (const subject of subjects) {
    const part = await subject()
    say(told(part))
    parts.push(part)
  }
  const figures = parts.flatMap((part) => part.figures)
  const missed = figures.filter((figure) => outcomeOf(figure) === 'MISSED').map(({ name }) => name)
  say(`\n${missed.length === 0 ? 'All targets are reached.' : `MISSED: ${missed.join(', ')}`}`)
  return Object.fromEntries(figures.map(({ name, value }) => [name, value]))
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
