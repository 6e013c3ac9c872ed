// Which resolvers answer for a name: a suffix of its own (the mail world's `test`, a split horizon) or everybody's.

/** `name` is shown as evidence's source; `suffix` null answers for every name that no other entry claims. */
export interface Resolver {
  readonly name: string
  readonly url: string
  readonly suffix: string | null
}

/** Resolvers for one name, the order kept; those with a matching suffix shut out the others. */
export function resolversFor(resolvers: readonly Resolver[], name: string): readonly Resolver[] {
  const claimed = resolvers.filter(({ suffix }) => suffix !== null && (name === suffix || name.endsWith(`.${suffix}`)))
  return claimed.length > 0 ? claimed : resolvers.filter(({ suffix }) => suffix === null)
}
