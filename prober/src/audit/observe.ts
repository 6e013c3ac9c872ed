// What an audit looks at: the lane's own names, the lists, its own mail server and the canaries; facts for `judge`, no opinion.
import type { Answer } from '@postern/shared/dns/answer.ts'
import { type Address, nameBelow, parseAddress, reverseName } from '@postern/shared/dns/ip.ts'
import type { Resolve } from '../net/resolve.ts'
import { ask, type AskPorts, type Dial, type Envelope, type Heard, type Host, NOT_ASKED } from './ask.ts'
import { type CalloutSeen, type ListSeen, type NamesSeen, ownAddress, type TargetSeen } from './judge.ts'
import type { CanarySeen } from './judge-canary.ts'
import { routeOf } from './route.ts'

export interface AuditedLane {
  readonly id: string
  readonly ehloName: string
  /** Mailbox of MAIL FROM. */
  readonly mailFrom: string
  /** IPv4 address that mail servers see; null where the deployment does not say. */
  readonly egressAddress: string | null
}

/** Two plain mailboxes at one operator: `good` is there and accepted, `dead` never was or is no more. */
export interface CanaryPair {
  readonly operator: string
  readonly good: string
  readonly dead: string
}

export interface ObservePorts {
  readonly lane: AuditedLane
  /** Zones of DNS block lists. */
  readonly lists: readonly string[]
  readonly canaries: readonly CanaryPair[]
  readonly now: () => number
  readonly resolve: Resolve
  readonly dial: Dial
  /** A local part that no mailbox of the domain has. */
  readonly strangerOf: (domain: string) => string
  /** False for an exchange that is never asked, whoever wants to know. */
  readonly mayAsk: (exchange: string, domain: string, operator: string) => boolean
}

export interface NamesAndLists {
  readonly names: NamesSeen
  /** Null where our address is not known, so that nobody could be asked about it. */
  readonly lists: readonly ListSeen[] | null
}

export async function observeNames(ports: ObservePorts, deadlineAt: number): Promise<NamesAndLists> {
  const { lane, resolve } = ports
  const a = await resolve({ name: lane.ehloName, type: 'A' }, deadlineAt)
  const own = ownAddress(lane.egressAddress, a)
  const address = own === null ? null : parseAddress(own)
  const names = { ehloName: lane.ehloName, egress: lane.egressAddress, a }
  if (address === null) return { names: { ...names, ptr: null }, lists: null }
  const [ptr, lists] = await Promise.all([
    resolve({ name: reverseName(address), type: 'PTR' }, deadlineAt),
    Promise.all(ports.lists.map((zone) => observeList({ zone, address }, resolve, deadlineAt))),
  ])
  return { names: { ...names, ptr }, lists }
}

/** What every list has, and what none may have (RFC 5782 §5): 127.0.0.2 and 127.0.0.1. */
const ALWAYS: Address = { bits: 0x7f_00_00_02n, width: 32 }
const NEVER: Address = { bits: 0x7f_00_00_01n, width: 32 }

async function observeList(
  { zone, address }: { readonly zone: string; readonly address: Address },
  resolve: Resolve,
  deadlineAt: number,
): Promise<ListSeen> {
  const entry = (of: Address): Promise<Answer<string>> => resolve({ name: nameBelow(zone, of), type: 'A' }, deadlineAt)
  const [always, never, own] = await Promise.all([entry(ALWAYS), entry(NEVER), entry(address)])
  return { zone, always, never, own }
}

export interface CalloutObserved {
  readonly seen: CalloutSeen
  readonly targets: readonly TargetSeen[]
}

/** Asks for the lane's own mailboxes as a server does that calls back: one conversation after the other, from nobody. */
export async function observeCallout(ports: ObservePorts, deadlineAt: number): Promise<CalloutObserved> {
  const { mailFrom } = ports.lane
  const domain = domainOf(mailFrom)
  const route = await routeOf(domain, ports.resolve, deadlineAt)
  if (route.kind !== 'found') {
    return {
      seen: { route: route.kind, sender: NOT_ASKED, postmaster: NOT_ASKED, abuse: NOT_ASKED },
      targets: [],
    }
  }
  const asking: Inquiry = { hosts: route.hosts, ports: askPorts(ports), deadlineAt, targets: [] }
  const silent = { postmaster: NOT_ASKED, abuse: NOT_ASKED }
  const sender = await askFirst(asking, from('', mailFrom, `${ports.strangerOf(domain)}@${domain}`))
  // Who did not come to an answer about one will not about the others, and is left in peace.
  if (sender.mailbox === null) return { seen: { route: 'found', sender, ...silent }, targets: asking.targets }
  const postmaster = await askFirst(asking, from('', `postmaster@${domain}`))
  const abuse = await askFirst(asking, from('', `abuse@${domain}`))
  return { seen: { route: 'found', sender, postmaster, abuse }, targets: asking.targets }
}

export interface CanaryObserved {
  readonly operator: string
  readonly seen: CanarySeen
  readonly targets: readonly TargetSeen[]
}

const NO_CANARY: CanarySeen = { exchange: null, good: NOT_ASKED, dead: NOT_ASKED }

/** Both from the lane's own mailbox, as inquiries are: what is said of them is what is said of others. */
export async function observeCanary(
  { operator, good, dead }: CanaryPair,
  ports: ObservePorts,
  deadlineAt: number,
): Promise<CanaryObserved> {
  const hostsFor = (mailbox: string) => hostsOf(mailbox, operator, { ports, deadlineAt })
  const [atGood, atDead] = [await hostsFor(good), await hostsFor(dead)]
  const [first] = atGood
  if (first === undefined || atDead.length === 0) return { operator, seen: NO_CANARY, targets: [] }
  const asking: Inquiry = { hosts: atGood, ports: askPorts(ports), deadlineAt, targets: [] }
  const heardGood = await askFirst(asking, from(ports.lane.mailFrom, good))
  const heardDead =
    heardGood.mailbox === null
      ? NOT_ASKED
      : await askFirst({ ...asking, hosts: atDead }, from(ports.lane.mailFrom, dead))
  return {
    operator,
    seen: { exchange: first.exchange, good: heardGood, dead: heardDead },
    targets: asking.targets,
  }
}

async function hostsOf(
  mailbox: string,
  operator: string,
  { ports, deadlineAt }: { ports: ObservePorts; deadlineAt: number },
): Promise<readonly Host[]> {
  const domain = domainOf(mailbox)
  const route = await routeOf(domain, ports.resolve, deadlineAt)
  return route.kind === 'found' ? route.hosts.filter(({ exchange }) => ports.mayAsk(exchange, domain, operator)) : []
}

interface Inquiry {
  readonly hosts: readonly Host[]
  readonly ports: AskPorts
  readonly deadlineAt: number
  /** Grows by every host that is dialled. */
  readonly targets: TargetSeen[]
}

/** On to the next host only where the one before could not be reached, or never said a word. */
async function askFirst({ hosts, ports, deadlineAt, targets }: Inquiry, envelope: Envelope): Promise<Heard> {
  let heard = NOT_ASKED
  for (const [index, host] of hosts.entries()) {
    heard = await ask(host, envelope, { ports, deadlineAt, isLast: index === hosts.length - 1 })
    targets.push({ address: host.address, reach: heard.reach })
    if (heard.reach === 'greeted' || heard.refusal !== null) break
  }
  return heard
}

function from(mailFrom: string, mailbox: string, stranger: string | null = null): Envelope {
  return { mailFrom, mailbox, stranger }
}

function askPorts({ lane, now, dial }: ObservePorts): AskPorts {
  return { ehloName: lane.ehloName, now, dial }
}

function domainOf(mailbox: string): string {
  return mailbox.slice(mailbox.lastIndexOf('@') + 1).toLowerCase()
}
