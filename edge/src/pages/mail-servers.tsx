// The exchanges of a domain: where each comes in line, its addresses, and what a lane heard there.
import type { ExchangeShown } from '@postern/shared/contract/domain-exchanges.ts'
import type { ReportSections } from '@postern/shared/contract/domain-report.ts'
import { Facts, Instant, list, percent, yesNo } from './bricks.tsx'
import { ROUTES, STARTTLS, words } from './words.ts'

type Seen = NonNullable<ExchangeShown['smtp']>[number]
type Address = NonNullable<ExchangeShown['addresses']>[number]

export function MailServers({ of: mx }: { of: ReportSections['mx'] }) {
  const more = (mx.found ?? 0) - mx.records.length
  return (
    <>
      <Facts
        of={[
          ['Route', ROUTES[mx.status]],
          ['DNSSEC', words(mx.dnssec)],
          ['Resolvers agree', yesNo(mx.resolvers_agree)],
          ['Time to live', timeToLive(mx)],
        ]}
      />
      {mx.records.map((one) => (
        <Exchange one={one} isOnly={mx.records.length === 1} />
      ))}
      {more > 0 ? <p class="soft">{more} more are named, and not looked at.</p> : null}
    </>
  )
}

function timeToLive({ ttl_s: left, original_ttl_s: whole }: ReportSections['mx']): string | undefined {
  if (left === null) return undefined
  return whole === null ? `${left} s left` : `${left} s left of ${whole} s`
}

function Exchange({ one, isOnly }: { one: ExchangeShown; isOnly: boolean }) {
  return (
    <article>
      <h3>{one.host}</h3>
      <Facts
        of={[
          ['Preference', String(one.preference)],
          ['Takes first', isOnly ? undefined : `${percent(one.exposure)} of the mail, by a model`],
          ['Operator', one.provider ?? undefined],
          ['Alias of', one.alias_of ?? undefined],
          ['DNSSEC', one.dnssec === null ? undefined : words(one.dnssec)],
          ['Named by the policy', one.policy_pattern === null ? undefined : <code>{one.policy_pattern}</code>],
          ['Answers', one.effective === null ? undefined : yesNo(one.effective)],
        ]}
      />
      <Addresses addresses={one.addresses} smtp={one.smtp} />
    </article>
  )
}

function Addresses({ addresses, smtp }: { addresses: readonly Address[] | null; smtp: readonly Seen[] | null }) {
  if (addresses === null) return <p class="soft">Its addresses are not known.</p>
  if (addresses.length === 0) return <p>It has no address.</p>
  const rows = [...new Set([...addresses.map(({ address }) => address), ...(smtp ?? []).map(({ address }) => address)])]
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            {['Address', 'Reverse name', 'Greeting', 'STARTTLS', 'Certificate'].map((name) => (
              <th scope="col">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((address) => (
            <Row
              address={address}
              known={addresses.find((one) => one.address === address)}
              seen={smtp?.find((one) => one.address === address)}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ address, known, seen }: { address: string; known: Address | undefined; seen: Seen | undefined }) {
  return (
    <tr>
      <td>
        <code>{address}</code>
        {known?.reachable === false ? ' is no public address' : ''}
      </td>
      <td>{known === undefined ? '' : reverseOf(known)}</td>
      {seen === undefined || !seen.measured ? (
        <td colspan={3} class="soft">
          {seen === undefined ? 'not looked at' : `not measured: ${words(seen.why ?? 'unknown')}`}
        </td>
      ) : (
        <>
          <td>{greetingOf(seen)}</td>
          <td>{STARTTLS[seen.starttls]}</td>
          <td>
            <Certificate tls={seen.tls} />
            <div class="soft">
              seen <Instant at={seen.at} />
            </div>
          </td>
        </>
      )}
    </tr>
  )
}

function reverseOf({ reverse_names: names, confirmed }: Address): string {
  if (names === null) return 'not known'
  if (names.length === 0) return 'none'
  if (confirmed === null) return list(names)
  return `${list(names)} (${confirmed ? 'leads back' : 'does not lead back'})`
}

function greetingOf({ connect, greeting }: Seen): string {
  if (connect?.ok === false) return `no connection: ${words(connect.fault ?? 'unknown')}`
  if (greeting === null) return 'not measured'
  if (greeting.reply === null) return `connected, then ${words(greeting.end ?? 'nothing')}`
  return `${greeting.reply.code} ${greeting.reply.text} (${Math.round(greeting.ms)} ms)`
}

function Certificate({ tls }: { tls: Seen['tls'] }) {
  if (tls === null) return <>none seen</>
  return (
    <>
      {tls.faults.length === 0 ? 'valid' : tls.faults.map(words).join(', ')}
      {tls.expires_at === null ? null : (
        <>
          , until <Instant at={tls.expires_at} />
        </>
      )}
      <div class="soft">
        {[tls.version, tls.cipher, list(tls.names.slice(0, 5), 'no names')].filter(Boolean).join(' · ')}
      </div>
    </>
  )
}
