// One batch as its object keeps it: what was wanted, how far it is, and what it came to. Plain data, and its public form.
import type { BatchBody, BatchStatus } from '@postern/shared/contract/batch.ts'
import { type Reason, worthOf } from '@postern/shared/verdict/reasons.ts'
import type { Scope } from '../accounts/places.ts'
import { UNIT } from '../accounts/schema.ts'
import type { Layout } from './layout.ts'

export interface Wanted {
  readonly id: string
  readonly account: string
  readonly keyId: string
  readonly scope: Scope
  readonly mode: 'fast' | 'full'
  readonly dedupe: 'off' | 'exact' | 'canonical'
  /** Public units, or null for no bound of the caller's own. */
  readonly maxCost: number | null
  readonly webhookUrl: string | null
  readonly retentionDays: number
  /** Where the upload lies. */
  readonly upload: { readonly key: string; readonly octets: number; readonly digest: string }
  readonly layout: Layout
  readonly createdAt: number
  /** False: a preview, until it is started. */
  readonly start: boolean
}

export interface State extends Wanted {
  readonly status: BatchStatus
  readonly startedAt: number | null
  readonly finishedAt: number | null
  /** Offset in the upload up to which rows were read. */
  readonly readTo: number
  readonly rows: number
  readonly chunks: number
  readonly isRead: boolean
  readonly checked: number
  /** Stashes that were sorted into groups. */
  readonly grouped: number
  readonly done: number
  readonly duplicates: number
  readonly byReason: Readonly<Partial<Record<Reason, number>>>
  readonly chargedRows: number
  /** Thousandths, as is `allowed`: what the account has let it come to. */
  readonly units: number
  readonly allowed: number
  readonly stopped: BatchBody['stopped']
  readonly failure: BatchBody['failure']
  readonly parked: number
  /** How often messages for reading (`split`), or for checking a chunk (its number), were given up, and when that counted last. */
  readonly troubles?: Readonly<Record<string, { readonly times: number; readonly at: number }>>
  /** Tenths of the rows that were told of. */
  readonly told: number
}

export function begun(wanted: Wanted): State {
  return {
    ...wanted,
    status: wanted.start ? 'queued' : 'previewed',
    startedAt: null,
    finishedAt: null,
    readTo: wanted.layout.start,
    rows: 0,
    chunks: 0,
    isRead: false,
    checked: 0,
    grouped: 0,
    done: 0,
    duplicates: 0,
    byReason: {},
    chargedRows: 0,
    units: 0,
    allowed: 0,
    stopped: null,
    failure: null,
    parked: 0,
    troubles: {},
    told: 0,
  }
}

const DAY_MS = 86_400_000
/** Inquiries end within a day; reading, checking and telling has this long besides. */
const BESIDE_MS = 2 * 3_600_000
/** Where nobody is asked, nothing takes longer. */
const FAST_MS = 6 * 3_600_000

/** Instant by which it has ended, whatever happens. */
export function finishedBy({ startedAt, createdAt, mode }: State): number {
  return (startedAt ?? createdAt) + (mode === 'full' ? DAY_MS + BESIDE_MS : FAST_MS)
}

/** Whoever has looked at a list starts it within a day. */
const PREVIEWED_DAYS = 1

/** Instant by which it is erased at the latest, whatever becomes of it. */
export function keptUntil({ createdAt, retentionDays }: Pick<Wanted, 'createdAt' | 'retentionDays'>): number {
  return createdAt + Math.max(retentionDays * DAY_MS, (PREVIEWED_DAYS + 1) * DAY_MS + BESIDE_MS)
}

/** Instant from which it is erased: what is under way ends first. */
export function expiresAt(state: State): number {
  const { status, createdAt, retentionDays } = state
  if (status === 'previewed') return createdAt + Math.min(PREVIEWED_DAYS, retentionDays) * DAY_MS
  return Math.max(createdAt + retentionDays * DAY_MS, finishedBy(state))
}

const OPEN: readonly BatchStatus[] = ['queued', 'running']

export function isOpen({ status }: State): boolean {
  return OPEN.includes(status)
}

/** Rows are still looked at and asked about; else those that are left are closed as they are. */
export function isGoing(state: State): boolean {
  return isOpen(state) && state.stopped === null && state.failure === null
}

/** Its rows are all checked, and not yet sorted into groups. */
export function isToBeSorted(state: State): boolean {
  return state.isRead && state.checked === state.chunks && state.grouped < buckets(state)
}

/** As queues name it. */
export const idsOf = ({ account, id: batch }: Pick<State, 'account' | 'id'>) => ({ account, batch })

/** An open one stays in that list for as long as any of them may last, in seconds. */
export const LISTED_S = 3 * 86_400

/** Under this name in KV from before its upload until it has ended, for whoever looks after all open ones. */
export function openName({ account, id }: Pick<State, 'account' | 'id'>): string {
  return `open/${account}/${id}`
}

/** What the ledger is told of it. */
export function totalOf({ id, keyId, units, chargedRows }: Pick<State, 'id' | 'keyId' | 'units' | 'chargedRows'>) {
  return { id, keyId, units: units / UNIT, count: chargedRows }
}

/** Pieces that an upload's rows are sorted into before they are grouped: as many as keep one of them small. */
export function buckets({ upload }: Pick<State, 'upload'>): number {
  return Math.min(64, Math.max(1, Math.ceil(upload.octets / 1_000_000)))
}

export interface Pace {
  /** Rows a second, or null where nobody can tell yet. */
  readonly rate: number | null
  readonly now: number
}

export function bodyOf(state: State, { rate: lately, now }: Pace): BatchBody {
  const left = state.rows - state.done
  const rate = isGoing(state) ? lately : null
  const total = state.isRead || state.status === 'failed' ? state.rows : null
  const eta = rate !== null && rate > 0 && total !== null ? now + (left / rate) * 1_000 : null
  return {
    id: state.id,
    status: state.status,
    mode: state.mode,
    dedupe: state.dedupe,
    total,
    read: state.rows,
    done: state.done,
    duplicates: state.duplicates,
    by_status: byStatus(state),
    by_reason: { ...state.byReason },
    rate: rate === null ? null : Math.round(rate * 10) / 10,
    eta: eta === null ? null : iso(Math.min(eta, finishedBy(state))),
    cost: { units: state.units / UNIT, charged_rows: state.chargedRows, max: state.maxCost },
    stopped: state.stopped,
    failure: state.failure,
    parked: state.parked,
    columns: [...state.layout.columns],
    created_at: iso(state.createdAt),
    started_at: isoOrNull(state.startedAt),
    finished_at: isoOrNull(state.finishedAt),
    finished_by: iso(finishedBy(state)),
    expires_at: iso(expiresAt(state)),
    results_url: `/v1/batches/${state.id}/results`,
  }
}

function byStatus({ byReason }: State): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [reason, count] of Object.entries(byReason)) {
    const { status } = worthOf(reason as Reason)
    counts[status] = (counts[status] ?? 0) + count
  }
  return counts
}

const iso = (at: number): string => new Date(at).toISOString()

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at)
}
