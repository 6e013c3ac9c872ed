// Which lists this room holds: their names, months, sizes and origins, for publication.
import disposable from './disposable.json' with { type: 'json' }
import disposableFurther from './disposable-further.json' with { type: 'json' }
import disposableListed from './disposable-listed.json' with { type: 'json' }
import forwarding from './forwarding.json' with { type: 'json' }
import free from './free.json' with { type: 'json' }
import freeFurther from './free-further.json' with { type: 'json' }
import vanity from './free-vanity.json' with { type: 'json' }
import gibberish from './gibberish.json' with { type: 'json' }
import mailboxes from './mailboxes.json' with { type: 'json' }
import names from './provider-names.json' with { type: 'json' }
import relay from './relay.json' with { type: 'json' }
import role from './role.json' with { type: 'json' }
import roleFurther from './role-further.json' with { type: 'json' }

export interface ListSource {
  readonly name: string
  /** Month. */
  readonly date: string
  /** Names in it. */
  readonly count: number
  /** Packages it was made of; none for our own. */
  readonly sources: { readonly package: string; readonly version: string; readonly licence: string }[]
}

export function listSources(): ListSource[] {
  const own = [disposable, relay, forwarding, free, vanity, mailboxes, names].map(({ name, date, rows }) => {
    const domains: readonly (readonly string[])[] = rows.map((row) => row.domains)
    return { name, date, count: domains.flat().length, sources: [] }
  })
  const duties = { name: role.name, date: role.date, count: role.core.length + role.common.length, sources: [] }
  const made = [disposableListed, disposableFurther, freeFurther, roleFurther].map(
    ({ name, date, count, sources }) => ({
      name,
      date,
      count,
      sources: [...sources],
    }),
  )
  const learned = {
    name: gibberish.name,
    date: gibberish.date,
    count: gibberish.texts,
    sources: [{ package: '@faker-js/faker', version: '10.6.0', licence: 'MIT' }],
  }
  return [...own, duties, learned, ...made]
}
