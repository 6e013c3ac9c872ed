// What a domain publishes: who may send in its name, by which keys, and how its mail is protected on the way.
import type { ReportSections } from '@postern/shared/contract/domain-report.ts'
import type { Child } from 'hono/jsx'
import { type Fact, Facts, Instant, list, record, yesNo } from './bricks.tsx'
import { words } from './words.ts'

/** What a visitor has wished for, as it stands in the address of the page. */
export type Query = Readonly<Record<string, string>>

type Of<S extends keyof ReportSections> = { readonly of: ReportSections[S] }

/** Who vouches for a record, where one is known. */
function signed({ dnssec }: Pick<ReportSections['spf'], 'dnssec'>): string | undefined {
  return dnssec === null ? undefined : words(dnssec)
}

export function Spf({ of: spf }: Of<'spf'>) {
  const most = spf.partial ? 'at least ' : ''
  return (
    <Facts
      of={[
        ['Record', record(spf.record) ?? words(spf.status)],
        ['Everybody else', spf.all === null ? undefined : EVERYBODY_ELSE[spf.all]],
        ['Look-ups', spf.lookups === null ? undefined : `${most}${spf.lookups} of 10`],
        ['Void look-ups', spf.voids === null ? undefined : `${most}${spf.voids} of 2`],
        ['DNSSEC', signed(spf)],
        ['Includes', spf.included.length === 0 ? undefined : list(spf.included.map(({ domain }) => domain))],
      ]}
    />
  )
}

const EVERYBODY_ELSE = {
  '+': 'may send as well (+all)',
  '-': 'may not send (-all)',
  '~': 'is suspicious (~all)',
  '?': 'is not spoken of (?all)',
} as const

export function Dkim({ of: { zone, selectors }, query }: Of<'dkim'> & { query: Query }) {
  const keys = selectors.map((one): Fact => [one.selector, keyOf(one)])
  return (
    <>
      <Facts of={[['Keys', zone === 'unknown' ? null : ZONES[zone]], ...keys]} />
      {zone === 'absent' ? null : <AskForKey query={query} />}
    </>
  )
}

function keyOf({ status, type, bits, revoked, testing }: ReportSections['dkim']['selectors'][number]): string {
  const kind = type === null ? '' : [type, bits].filter((one) => one !== null).join(' ')
  const all = [words(status), kind, revoked === true ? 'revoked' : '', testing === true ? 'for tests' : '']
  return all.filter((text) => text !== '').join(', ')
}

/** The DNS lists no selectors: whoever has a message from the domain can name one. */
function AskForKey({ query: { profile } }: { query: Query }) {
  return (
    <form method="get" class="ask">
      {profile === undefined ? null : <input type="hidden" name="profile" value={profile} />}
      <label>
        Selector of a key (s= of a DKIM-Signature){' '}
        <input name="selector" autocomplete="off" autocapitalize="none" spellcheck={false} maxlength={400} required />
      </label>
      <button type="submit">Look</button>
    </form>
  )
}

const ZONES = { exists: 'there are some, or were', absent: 'there are none' } as const

export function Dmarc({ of: dmarc }: Of<'dmarc'>) {
  return (
    <Facts
      of={[
        ['Record', record(dmarc.record) ?? words(dmarc.status)],
        ['Found at', dmarc.found_at ?? undefined],
        ['Organisational domain', dmarc.organisational_domain],
        ['Policy that is applied', dmarc.policy ?? undefined],
        ['Only a test', yesNo(dmarc.testing) ?? undefined],
        ['DNSSEC', signed(dmarc)],
        ['Reports go to', dmarc.status === 'found' ? list(dmarc.rua, 'nobody') : undefined],
      ]}
    />
  )
}

export function TlsRpt({ of: tlsRpt }: Of<'tls_rpt'>) {
  return (
    <Facts
      of={[
        ['Record', record(tlsRpt.record) ?? words(tlsRpt.status)],
        ['DNSSEC', signed(tlsRpt)],
        ['Reports go to', tlsRpt.rua.length === 0 ? undefined : list(tlsRpt.rua)],
      ]}
    />
  )
}

export function MtaSts({ of: sts }: Of<'mta_sts'>) {
  return (
    <>
      <Health of={sts.health} />
      <Policy of={sts} />
    </>
  )
}

function Health({ of: health }: { of: ReportSections['mta_sts']['health'] }) {
  if (health === null) return null
  return (
    <p>
      <b>Policy health: {health.score} of 100</b>, {health.band}{' '}
      <meter aria-label="Policy health" min={0} max={100} low={60} high={80} optimum={100} value={health.score}>
        {health.score}
      </meter>
      {health.partial ? <span class="soft"> (of what could be measured)</span> : null}
      {health.caps.length === 0 ? null : <span class="soft"> held down by: {health.caps.map(words).join(', ')}</span>}
    </p>
  )
}

function Policy({ of: sts }: Of<'mta_sts'>) {
  const { policy, gap } = sts
  return (
    <Facts
      of={[
        ['Record', recordOf(sts)],
        ['DNSSEC', signed(sts)],
        ['Policy', policy === null ? policyAbsent(sts) : `${policy.mode}, for ${list(policy.mx, 'no exchange')}`],
        ['Held for', policy === null ? undefined : `${policy.max_age_s} s (${days(policy.max_age_s)})`],
        ['Certificate of the policy host', certificateOf(sts)],
        ['Gap', gap === null ? undefined : `${gap.level}: ${gap.score} % of the mail, by a model`],
        ['Left out', sts.unmatched_mx.length === 0 ? undefined : list(sts.unmatched_mx)],
        ['Names nobody', sts.unused_patterns.length === 0 ? undefined : list(sts.unused_patterns)],
      ]}
    />
  )
}

/** Whatever else stands at `_mta-sts.` is none. */
function recordOf({ status, records }: ReportSections['mta_sts']): Child | null {
  if (records === null) return null
  return status === 'none' ? 'none' : <code>{records.join('\n')}</code>
}

function certificateOf({ certificate }: ReportSections['mta_sts']): Child | undefined {
  if (certificate === null) return undefined
  return (
    <>
      {certificate.valid ? 'valid' : list(certificate.faults.map(words), 'not valid')}, until{' '}
      <Instant at={certificate.expires_at} />, by {certificate.issuer}
    </>
  )
}

function policyAbsent({ status, fetch }: ReportSections['mta_sts']): string | undefined {
  if (status !== 'published') return undefined
  const why = fetch.why === null ? '' : `, ${words(fetch.why)}`
  return fetch.kind === 'answered' ? `cannot be read (HTTP ${fetch.status})` : `${words(fetch.kind)}${why}`
}

const DAY_S = 86_400

function days(seconds: number): string {
  const whole = Number((seconds / DAY_S).toFixed(1))
  return `${whole} ${whole === 1 ? 'day' : 'days'}`
}

export function Dane({ of: { active, hosts } }: Of<'dane'>) {
  return (
    <>
      <Facts of={[['In force', yesNo(active)]]} />
      {hosts.map((host) => (
        <>
          <h3>{host.host}</h3>
          <Facts
            of={[
              ['State', words(host.status)],
              ['Fits the key', host.records.length === 0 ? undefined : yesNo(host.matches)],
              ...host.records.map(
                ({ usage, selector, matching, data, matches }) =>
                  [
                    `${usage} ${selector} ${matching}`,
                    <>
                      <code>{data}</code>
                      {matches === null ? '' : matches ? ' fits' : ' does not fit'}
                    </>,
                  ] as const,
              ),
            ]}
          />
        </>
      ))}
    </>
  )
}

export function Dns({ of: { bogus } }: Of<'dns'>) {
  return <p>{bogus.length === 0 ? 'Among the answers that came, no signature fails.' : `Bogus: ${list(bogus)}`}</p>
}
