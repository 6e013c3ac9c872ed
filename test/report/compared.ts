// Two readers of the same things, side by side: where they agree, and where they differ for a reason that is written down.

/** A kind of difference that is meant. */
export interface Kind<Given> {
  readonly kind: string
  /** The text that decides. */
  readonly because: string
  /** The same without what makes the difference, or as it was: a difference is of this kind where it goes with it. */
  readonly without: (given: Given) => Given
}

export interface Subject<Given> {
  readonly ours: (given: Given) => unknown
  readonly theirs: (given: Given) => unknown
  readonly argued: readonly Kind<Given>[]
}

export interface Tally {
  readonly compared: number
  readonly equal: number
  /** How many differences are of each kind; one may be of several. */
  readonly argued: Readonly<Record<string, number>>
  readonly unargued: readonly { readonly given: unknown; readonly ours: unknown; readonly theirs: unknown }[]
  /** What was said, so that a comparison of nothing with nothing is seen. */
  readonly said: readonly string[]
}

interface Said {
  readonly ours: unknown
  readonly theirs: unknown
  readonly agree: boolean
}

async function asked<Given>({ ours, theirs }: Subject<Given>, given: Given): Promise<Said> {
  const [one, other] = [ours(given), await theirs(given)]
  return { ours: one, theirs: other, agree: JSON.stringify(one) === JSON.stringify(other) }
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Kinds by which both come to agree: one that does so alone, else all that have to do with it. */
async function kindsOf<Given>(subject: Subject<Given>, given: Given): Promise<readonly string[]> {
  const there = subject.argued.filter(({ without }) => !isSame(without(given), given))
  for (const { kind, without } of there) {
    if ((await asked(subject, without(given))).agree) return [kind]
  }
  const bare = there.reduce((rest, { without }) => without(rest), given)
  return (await asked(subject, bare)).agree ? there.map(({ kind }) => kind) : []
}

export async function compared<Given>(subject: Subject<Given>, cases: readonly Given[]): Promise<Tally> {
  const argued: Record<string, number> = {}
  const unargued: Tally['unargued'][number][] = []
  const said = new Set<string>()
  let equal = 0
  for (const given of cases) {
    const { ours, theirs, agree } = await asked(subject, given)
    said.add(JSON.stringify(theirs))
    if (agree) {
      equal += 1
      continue
    }
    const kinds = await kindsOf(subject, given)
    for (const kind of kinds) argued[kind] = (argued[kind] ?? 0) + 1
    if (kinds.length === 0) unargued.push({ given, ours, theirs })
  }
  return { compared: cases.length, equal, argued, unargued, said: [...said].toSorted() }
}
