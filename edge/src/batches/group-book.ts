// The groups of a batch in its object's tables, and the results of what was asked: each row's once, whoever tells it again.
import { Agenda } from './agenda.ts'
import { type Destination, dueAt, EDGE, type Group, type Member, type Parcel } from './groups.ts'

interface Row extends Record<string, SqlStorageValue> {
  id: number
  lane: string
  due_at: number
  body: string
}

export function openAgenda(sql: SqlStorage): Agenda {
  const agenda = new Agenda()
  for (const row of sql.exec<Row>('SELECT * FROM groups')) agenda.put(row.id, parcelOf(row))
  return agenda
}

function parcelOf({ lane, body }: Pick<Row, 'lane' | 'body'>): Parcel {
  return { lane, groups: JSON.parse(body) as Group[] }
}

export function addParcel(sql: SqlStorage, agenda: Agenda, parcel: Parcel): void {
  const { id } = sql
    .exec<{ id: number }>(
      'INSERT INTO groups (lane, due_at, body) VALUES (?, ?, ?) RETURNING id',
      parcel.lane,
      dueAt(parcel.groups),
      JSON.stringify(parcel.groups),
    )
    .one()
  agenda.put(id, parcel)
}

export function parcel(sql: SqlStorage, id: number): Parcel | null {
  const [row] = sql.exec<Row>('SELECT * FROM groups WHERE id = ?', id).toArray()
  return row === undefined ? null : parcelOf(row)
}

/** All work that is left, a parcel at a time. */
export function* parcels(sql: SqlStorage): Generator<Parcel> {
  const ids = sql.exec<{ id: number }>('SELECT id FROM groups ORDER BY id').toArray()
  for (const { id } of ids) {
    const found = parcel(sql, id)
    if (found !== null) yield found
  }
}

export function clearGroups(sql: SqlStorage): void {
  sql.exec('DELETE FROM groups')
}

/** True where the row had no result yet. */
export function addResult(sql: SqlStorage, row: number, result: string): boolean {
  const written = sql.exec('INSERT OR IGNORE INTO results (row, result) VALUES (?, ?) RETURNING row', row, result)
  return written.toArray().length > 0
}

/** Those of the rows that have no result. */
export function withoutResult(sql: SqlStorage, rows: readonly { readonly row: number }[]): number[] {
  return rows
    .map(({ row }) => row)
    .filter((row) => sql.exec('SELECT 1 FROM results WHERE row = ?', row).toArray().length === 0)
}

/** What becomes of one row that was asked about and has no result yet. */
export interface Later {
  readonly member: Member
  /** Another lane: this one turned out to be broken, or the edge has found where to ask. */
  readonly lane?: string
  /** What the edge has found of the domain since. */
  readonly destination?: Destination
}

export interface Remaining {
  readonly parcel: number
  readonly done: ReadonlySet<number>
  readonly later: ReadonlyMap<number, Later>
}

/** Writes what is left of a parcel; rows that move to another lane go there as groups of their own. */
export function keepRemaining(sql: SqlStorage, agenda: Agenda, { parcel: id, done, later }: Remaining): void {
  const found = parcel(sql, id)
  if (found === null || !found.groups.some(({ members }) => members.some(({ row }) => done.has(row) || later.has(row))))
    return
  const left = { from: found.lane, done, later }
  const lanes = new Set([...later.values()].flatMap(({ lane }) => (lane === undefined ? [] : [lane])))
  for (const lane of lanes) {
    const moved = found.groups.map((group) => partOf(group, lane, left)).filter(isInhabited)
    if (moved.length > 0) addParcel(sql, agenda, { lane, groups: moved })
  }
  const staying = found.groups.map((group) => partOf(group, null, left)).filter(isInhabited)
  if (staying.length === 0) {
    sql.exec('DELETE FROM groups WHERE id = ?', id)
    agenda.drop(id)
    return
  }
  sql.exec('UPDATE groups SET due_at = ?, body = ? WHERE id = ?', dueAt(staying), JSON.stringify(staying), id)
  agenda.put(id, { lane: found.lane, groups: staying })
}

interface Left extends Omit<Remaining, 'parcel'> {
  readonly from: string
}

/** Those rows of a group that stay (`lane` null) or move to another lane, without those that are done. */
function partOf(group: Group, lane: string | null, { from, done, later }: Left): Group {
  const members = group.members
    .filter(({ row }) => !done.has(row) && (later.get(row)?.lane ?? null) === lane)
    .map((member) => later.get(member.row)?.member ?? member)
  if (lane === null) return { ...group, members }
  const [first] = members
  const { destination = {} } = (first === undefined ? undefined : later.get(first.row)) ?? {}
  return { ...group, ...destination, tried: from === EDGE ? [] : [...group.tried, from], members }
}

const isInhabited = ({ members }: Group): boolean => members.length > 0
