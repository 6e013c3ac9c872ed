// THE STORY of one domain's report: the records side by side, its exchanges, its policy, a lane's look at them; told as it is learned.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import type { MxData } from '@postern/shared/dns/answer.ts'
import { concludedFrom } from '@postern/shared/dns/dnssec.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import { textsOf } from '@postern/shared/report/asking.ts'
import { selectorsOf } from '@postern/shared/report/dkim-selectors.ts'
import { surveyDkim } from '@postern/shared/report/dkim-survey.ts'
import { walkOf } from '@postern/shared/report/dmarc-walk.ts'
import { surveyDmarc } from '@postern/shared/report/dmarc-survey.ts'
import type { Fetched } from '@postern/shared/report/mta-sts-survey.ts'
import { chosenSts, parseSts } from '@postern/shared/report/mta-sts.ts'
import { surveySpf } from '@postern/shared/report/spf-survey.ts'
import { type Board, createBoard, type Tell } from './board.ts'
import { learnExchanges } from './exchanges.ts'
import { exchangesNamed, type Named, type RouteLearned, type TextsLearned } from './learned.ts'
import { type InspectPorts, look } from './look.ts'
import { createLookUps, type Decisive, DNS_MS, type LookUps, NOTHING_THERE, type Stated } from './look-ups.ts'
import { policyHostOf, policyOf, type PolicyPorts, type PolicyWanted } from './policy.ts'
import type { QuestionPorts } from './questions.ts'
import { routeOf, routeOfOne } from './route-of-two.ts'

export interface ReportWanted {
  readonly id: string
  readonly domain: Named
  /** What was remembered of records and policy is passed over. */
  readonly fresh: boolean
}

export interface ReportPorts extends QuestionPorts, PolicyPorts, InspectPorts {}

interface Ahead {
  /** Questions that went ahead of the report, where any did. */
  readonly begun?: { readonly looks: LookUps | null }
}

/** Never rejects: what could not be learned is said to be so. `tell` hears of each section when it changes. */
export async function makeReport(wanted: ReportWanted, ports: ReportPorts & Ahead, tell: Tell): Promise<DomainReport> {
  const startedAt = ports.now()
  const deadlineAt = startedAt + DNS_MS
  const looks = ports.begun?.looks ?? createLookUps(ports, { deadlineAt, fresh: wanted.fresh })
  // What went ahead did so while others were waited for, and takes nothing away from the rest.
  looks.until(deadlineAt)
  const board = createBoard({ domain: wanted.domain, loopback: ports.loopback, now: startedAt }, tell)
  const means = { looks, board, ports }
  const { ascii } = wanted.domain
  // In order of value: six questions go out at a time.
  const first = looks.state({ name: ascii, type: 'MX' })
  const records = learnRecords(ascii, means)
  const policy = learnPolicy(wanted, means)
  const route = learnRoute(ascii, first, means)
  const hosts = route.early.then((early) => learnHosts(wanted, early, means))
  const dnsDone = Promise.all([route.whole, records, policy.done, hosts]).then(() => {
    board.note('bogus', looks.bogus())
    return ports.now()
  })
  const looking = Promise.all([route.early, policy.id]).then(([early, policyId]) => {
    if (ports.inspect !== null) board.note('looked', { kind: 'unmeasured', why: 'in_progress' })
    return look({ ...wanted, route: early, policyId }, ports)
  })
  const [looked, dnsAt] = await Promise.all([looking, dnsDone])
  const dnsMs = dnsAt - startedAt
  board.note('looked', looked)
  return board.whole({
    id: wanted.id,
    generatedAt: startedAt,
    vantage: { resolvers: [...ports.resolvers], lane: looked.kind === 'report' ? looked.report.lane : null },
    timing: {
      total_ms: ports.now() - startedAt,
      dns_ms: dnsMs,
      smtp_ms: looked.kind === 'report' ? looked.tookMs : null,
      ...looks.counts(),
    },
  })
}

interface Means {
  readonly looks: LookUps
  readonly board: Board
  readonly ports: ReportPorts
}

/** `early` where the first resolver names exchanges: what comes after needs no second opinion. */
function learnRoute(
  domain: string,
  first: Promise<Stated<MxData>>,
  { looks, board }: Means,
): Record<'early' | 'whole', Promise<RouteLearned>> {
  const question = { name: domain, type: 'MX' } as const
  const whole = Promise.all([first, looks.ask({ name: domain, type: 'A' }), looks.ask({ name: domain, type: 'AAAA' })])
    .then(async ([one, a, aaaa]) => routeOf(one, await looks.second(question, one.source), { a, aaaa }))
    .then((route) => board.note('route', { ...route, resolverMs: looks.fastestMs() }))
  const early = first.then((one) => {
    if (one.answer.kind !== 'records') return whole
    return board.note('route', routeOfOne(one))
  })
  return { early, whole }
}

/** Names of the walk that lie within somebody's zone: one "nothing there" too many would be somebody's missing policy. */
function decisiveOf(domain: string): Decisive {
  const names = walkOf(domain).filter((name) => name.includes('.'))
  return new Map(names.map((name) => [`_dmarc.${name}`, NOTHING_THERE]))
}

async function learnRecords(domain: string, { looks, board }: Means): Promise<void> {
  await Promise.all([
    looks.run(surveySpf(domain), new Map([[domain, NOTHING_THERE]])).then((spf) => board.note('spf', spf)),
    looks.run(surveyDmarc(domain), decisiveOf(domain)).then((dmarc) => board.note('dmarc', dmarc)),
    textsAt(`_smtp._tls.${domain}`, looks).then((learned) => board.note('tlsRpt', learned)),
  ])
}

async function textsAt(name: string, looks: LookUps): Promise<TextsLearned> {
  const answer = await looks.sure({ name, type: 'TXT' })
  return { texts: textsOf(answer), dnssec: concludedFrom([answer]) }
}

async function learnHosts(
  { domain: { ascii } }: ReportWanted,
  route: RouteLearned,
  { looks, board }: Means,
): Promise<void> {
  const named = exchangesNamed(ascii, route)
  const provider = named[0] === undefined ? 'default' : providerOf(named[0].exchange, ascii).id
  const dkim = looks
    .run(surveyDkim(ascii, selectorsOf(provider)), new Map([[`_domainkey.${ascii}`, ['nxdomain'] as const]]))
    .then((survey) => board.note('dkim', survey))
  board.note('exchanges', await learnExchanges(named, looks))
  await dkim
}

interface PolicyLearned {
  /** Of the record, as soon as that is known; null where none counts. */
  readonly id: Promise<string | null>
  readonly done: Promise<void>
}

function learnPolicy({ domain: { ascii }, fresh }: ReportWanted, { looks, board, ports }: Means): PolicyLearned {
  const learning = textsAt(`_mta-sts.${ascii}`, looks)
  const id = learning.then(({ texts }) => (texts === null ? null : idOf(texts)))
  return { id, done: fetchLater() }

  async function fetchLater(): Promise<void> {
    const [learned, known] = await Promise.all([learning, id])
    const isWorthIt = known !== null || learned.texts?.length === 0
    const fetched = isWorthIt ? await fetchedPolicy({ domain: ascii, id: known, fresh }, { looks, ports }) : NOT_FETCHED
    board.note('sts', { ...learned, fetched })
  }
}

const NOT_FETCHED: Fetched = { kind: 'not_fetched' }

/** Without a record nobody looks for a policy; one that lies there all the same is a slip, and worth one question. */
async function fetchedPolicy(
  wanted: Pick<PolicyWanted, 'domain' | 'id' | 'fresh'>,
  { looks, ports }: Pick<Means, 'looks' | 'ports'>,
): Promise<Fetched> {
  const name = policyHostOf(wanted.domain)
  const a = await (wanted.id === null ? looks.ask : looks.sure)({ name, type: 'A' })
  if (wanted.id === null && a.kind !== 'records') return NOT_FETCHED
  return policyOf({ ...wanted, a, aaaa: await looks.ask({ name, type: 'AAAA' }) }, ports)
}

function idOf(texts: readonly string[]): string | null {
  const found = chosenSts(texts)
  const parsed = found.kind === 'one' ? parseSts(found.text) : null
  return parsed?.ok === true ? parsed.record.id : null
}
