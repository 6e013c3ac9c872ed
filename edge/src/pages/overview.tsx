// A whole report at a glance: what the domain does, how many findings of each weight, what to do first; and what there was before.
import type { DomainHistory, DomainReport } from '@postern/shared/contract/domain-report.ts'
import { PROFILE_NAMES, PROFILES, type ProfileName } from '@postern/shared/report/profiles.ts'
import { SEVERITIES } from '@postern/shared/report/finding.ts'
import { Facts, Instant, list, Paste } from './bricks.tsx'
import { type FindingShown, isGrave } from './findings.tsx'
import type { Query } from './records.tsx'
import { VERDICTS, words } from './words.ts'

const MOST_FIRST = 8

export function Verdict({ domain, of: { reason, caveat } }: { domain: string; of: DomainReport['verdict'] }) {
  return (
    <>
      <h1>{domain}</h1>
      <p>
        <b>
          {domain} {VERDICTS[reason]}.
        </b>
      </p>
      <p class="soft">{caveat}</p>
    </>
  )
}

interface OverviewOf {
  readonly report: DomainReport
  /** Where the section of a finding stands on this page. */
  readonly anchorOf: (one: FindingShown) => string
  /** As the visitor has it. */
  readonly query: Query
}

export function Overview({ report, anchorOf, query }: OverviewOf) {
  const isEarlier = query['report'] !== undefined
  const { by_severity: counts, findings, timing, vantage } = report
  const toDo = findings.filter(({ severity }) => severity !== 'info' && severity !== 'ok')
  const tally = SEVERITIES.toReversed().filter((severity) => counts[severity] > 0)
  return (
    <>
      {report.stale ? (
        <p>
          <b>No resolver answers for {report.domain} just now.</b> This is what was known of it a while ago.
        </p>
      ) : null}
      <h2>{headingOf(report)}</h2>
      <ul class="tally">
        {tally.map((severity) => (
          <li class={severity}>
            <b>{counts[severity]}</b> {severity}
          </li>
        ))}
      </ul>
      <ol class="first">
        {toDo.slice(0, MOST_FIRST).map((one) => (
          <li class={one.severity}>
            <span class="grade">{one.severity}</span>{' '}
            <a href={`#${anchorOf(one)}`}>
              {one.title}
              {one.subject === null ? '' : `: ${one.subject}`}
            </a>
          </li>
        ))}
      </ol>
      <p class="soft">
        Made <Instant at={report.generated_at} /> with {timing.queries} questions to {list(vantage.resolvers)} in{' '}
        {Math.round(timing.dns_ms)} ms
        <Looked of={report} />.{' '}
        {isEarlier ? (
          <a href={pathOf(report.domain)}>This is an earlier report: see today’s</a>
        ) : (
          <a href={linkWith(query, { refresh: 'true' })} rel="nofollow">
            Look again
          </a>
        )}
      </p>
      {isEarlier ? null : <Weighed by={report.profile} query={query} />}
    </>
  )
}

/** A lane looks at an exchange once a day, whoever asks. */
function Looked({ of: { mx, vantage } }: { of: DomainReport }) {
  const [first] = mx.records
    .flatMap(({ smtp }) => (smtp ?? []).flatMap((one) => (one.measured ? [one.at] : [])))
    .toSorted()
  if (first === undefined || vantage.lane === null) return <>; no mail server was looked at</>
  return (
    <>
      ; mail servers were looked at <Instant at={first} /> from {vantage.lane}, and are again a day after that
    </>
  )
}

/** Who has not looked has found nothing. */
function headingOf({ findings, verdict, unmeasured }: DomainReport): string {
  if (findings.some(isGrave)) return 'What to do first'
  if (verdict.reason === 'dns_failure') return 'Too little could be learned'
  return unmeasured.length === 0 ? 'Nothing grave was found' : 'Nothing grave was found in what could be measured'
}

function pathOf(domain: string): string {
  return `/domains/${encodeURIComponent(domain)}`
}

export function Commands({ of }: { of: DomainReport['commands'] }) {
  return (
    <>
      {of.map(({ title, command }) => (
        <>
          <h3>{title}</h3>
          <Paste text={command} what={title} />
        </>
      ))}
    </>
  )
}

export function Unmeasured({ of }: { of: DomainReport['unmeasured'] }) {
  if (of.length === 0) return <p>Everything was measured that was to be.</p>
  return (
    <>
      <p>These say nothing about the hosts, but where an address is no public one.</p>
      <Facts
        of={of.map(({ what, subject, why, retry_at: at }) => [
          `${words(what)}${subject === '*' ? '' : ` of ${subject}`}`,
          <>
            {words(why)}
            {at === null ? null : (
              <>
                , again from <Instant at={at} />
              </>
            )}
          </>,
        ])}
      />
    </>
  )
}

/** This page with one wish changed. A new report is wished for once, not again with the next wish. */
function linkWith({ selector, profile }: Query, change: Readonly<Record<string, string>>): string {
  const kept = Object.entries({ selector, profile, ...change }).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  )
  return `?${new URLSearchParams(kept).toString()}`
}

/** Not all want the same of their mail. */
function Weighed({ by, query }: { by: ProfileName; query: Query }) {
  return (
    <p class="soft">
      Weighed for {PROFILES[by].for}. Weigh it for{' '}
      {PROFILE_NAMES.filter((name) => name !== by).map((name, n) => (
        <>
          {n === 0 ? '' : ', or for '}
          <a href={linkWith(query, { profile: name })} rel="nofollow">
            {PROFILES[name].for}
          </a>
        </>
      ))}
      .
    </p>
  )
}

type Earlier = DomainHistory['reports'][number]

export function History({ of, domain, now }: { of: readonly Earlier[]; domain: string; now: string }) {
  return (
    <>
      {of.map(({ id, generated_at: at, since }) => (
        <>
          <h3>
            {id === now ? (
              <>
                <Instant at={at} />, this one
              </>
            ) : (
              <a href={`${pathOf(domain)}?report=${id}`}>
                <Instant at={at} />
              </a>
            )}
          </h3>
          <Since of={since} />
        </>
      ))}
    </>
  )
}

function Since({ of: since }: { of: Earlier['since'] }) {
  if (since === null) return <p class="soft">Nothing to compare it with.</p>
  const { appeared, gone, changed } = since
  if (appeared.length + gone.length + changed.length === 0) return <p class="soft">Nothing changed.</p>
  const named = ({ id, subject }: (typeof gone)[number]) => (subject === null ? id : `${id} (${subject})`)
  return (
    <Facts
      of={[
        ['Came', appeared.length === 0 ? undefined : list(appeared.map(named))],
        ['Went', gone.length === 0 ? undefined : list(gone.map(named))],
        ...changed.map(
          ({ what, from, to }) =>
            [
              what,
              <>
                <code>{from}</code> → <code>{to}</code>
              </>,
            ] as const,
        ),
      ]}
    />
  )
}
