// The processes behind a local function URL: one per concurrent event, frozen in between, none left behind.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  buildFixture,
  call,
  isAlive,
  type LaneUnderTest,
  Meeting,
  startLane,
  stateOf,
  stopLane,
} from './lane-under-test.ts'

const patience = { timeout: 5_000 }
const onLinux = process.platform === 'linux'
const extraLanes: LaneUnderTest[] = []
let dir: string
let artefact: string
let lane: LaneUnderTest
let meeting: Meeting
let meetingUrl: string

async function laneWith(changes: Parameters<typeof startLane>[1]): Promise<LaneUnderTest> {
  const extra = await startLane(artefact, changes)
  extraLanes.push(extra)
  return extra
}

const gone = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), patience)

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'))
  artefact = (await buildFixture(join(dir, 'artefact'))).file
  lane = await startLane(artefact)
})

afterAll(async () => {
  await stopLane(lane)
  await rm(dir, { recursive: true })
})

beforeEach(async () => {
  meeting = new Meeting()
  meetingUrl = await meeting.open()
})

afterEach(async () => {
  meeting.release()
  await Promise.all(extraLanes.splice(0).map(stopLane))
  meeting.close()
})

describe('sandboxes', () => {
  it('one process for events after one another', async () => {
    const first = await call(lane, { do: 'describe' })
    const second = await call(lane, { do: 'describe' })
    expect(second.body).toMatchObject({ pid: first.body.pid, events: first.body.events + 1 })
  })

  it('a process for each concurrent event, 429 above the reserved concurrency', async () => {
    const order = { do: 'meet', url: meetingUrl }
    const held = [call(lane, order), call(lane, order)]
    const pids = await meeting.gather(2)
    const refused = await call(lane, { do: 'describe' })
    meeting.release()
    const answers = await Promise.all(held)
    expect(new Set(pids).size).toBe(2)
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(refused.status).toBe(429)
    expect(refused.body['Reason']).toBe('ReservedFunctionConcurrentInvocationLimitExceeded')
    expect((await call(lane, { do: 'describe' })).status).toBe(200)
  })

  it.runIf(onLinux)('is frozen between events and runs during one', async () => {
    const { body } = await call(lane, { do: 'describe' })
    await vi.waitFor(() => expect(stateOf(body.pid)).toBe('T'), patience)
    const held = call(lane, { do: 'meet', url: meetingUrl })
    const [pid] = await meeting.gather(1)
    expect(pid).toBe(body.pid)
    expect(stateOf(body.pid)).not.toBe('T')
    meeting.release()
    await held
    await vi.waitFor(() => expect(stateOf(body.pid)).toBe('T'), patience)
  })

  it('replaces a sandbox that had its number of events', async () => {
    const short = await laneWith({ recycleAfter: 2 })
    const seen: number[] = []
    while (seen.length < 3) seen.push((await call(short, { do: 'describe' })).body.pid)
    expect(seen[1]).toBe(seen[0])
    expect(seen[2]).not.toBe(seen[0])
    await gone(seen[0]!)
  })

  it('ends a sandbox that was idle for long', async () => {
    const impatient = await laneWith({ idleMs: 1 })
    await gone((await call(impatient, { do: 'describe' })).body.pid)
    expect((await call(impatient, { do: 'describe' })).status).toBe(200)
  })

  it('502 and a killed process at the time-out', async () => {
    const strict = await laneWith({ timeoutMs: 1_000 })
    const held = call(strict, { do: 'meet', url: meetingUrl })
    const [pid] = await meeting.gather(1)
    const { status, body } = await held
    expect(status).toBe(502)
    expect(body['Reason']).toBe('Task timed out after 1.00 seconds')
    await gone(pid!)
    expect((await call(strict, { do: 'describe' })).status).toBe(200)
  })

  it.each(['crash', 'reject-later'])('502 for an event that ends its process (%s); the next is served', async (end) => {
    const { status, body } = await call(lane, { do: end })
    expect(status).toBe(502)
    expect(body['Reason']).toMatch(/^Runtime exited: status \d$/)
    expect((await call(lane, { do: 'describe' })).status).toBe(200)
  })

  it('502 at once where a sandbox is killed in the middle of an event', async () => {
    const held = call(lane, { do: 'meet', url: meetingUrl })
    const [pid] = await meeting.gather(1)
    process.kill(pid!, 'SIGKILL')
    const { status, body } = await held
    expect(status).toBe(502)
    expect(body['Reason']).toBe('Runtime exited: SIGKILL')
  })

  it('is not missed when it was killed between events', async () => {
    const { body } = await call(lane, { do: 'describe' })
    process.kill(body.pid, 'SIGKILL')
    await vi.waitFor(() => expect(lane.sandboxes.get(body.pid)).toBe(false), patience)
    expect((await call(lane, { do: 'describe' })).status).toBe(200)
  })

  it('502 where the artefact cannot be loaded', async () => {
    const broken = await laneWith({ artefact: join(dir, 'nothing.mjs') })
    expect((await call(broken, { do: 'describe' })).status).toBe(502)
  })
})

describe('the end of a lane', () => {
  async function laneWithFrozenAndBusy(): Promise<{ ending: LaneUnderTest; pids: number[]; held: Promise<unknown> }> {
    const ending = await laneWith({})
    const orders = [1, 2].map(() => call(ending, { do: 'meet', url: meetingUrl }))
    const pids = await meeting.gather(2)
    meeting.release()
    await Promise.all(orders)
    const held = call(ending, { do: 'meet', url: meetingUrl }).catch(() => 'cut off')
    await meeting.gather(3)
    expect(new Set(ending.sandboxes.keys())).toEqual(new Set(pids))
    return { ending, pids, held }
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('leaves no process after %s', async (signal) => {
    const { ending, pids, held } = await laneWithFrozenAndBusy()
    const exit = once(ending.process, 'exit')
    ending.process.kill(signal)
    await Promise.all([exit, held])
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('leaves no process when whoever started it is gone', async () => {
    const { ending, pids, held } = await laneWithFrozenAndBusy()
    const exit = once(ending.process, 'exit')
    ending.process.disconnect()
    await Promise.all([exit, held])
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('killed itself, it has named every sandbox, and the running ones end on their own', async () => {
    const { ending, pids, held } = await laneWithFrozenAndBusy()
    ending.process.kill('SIGKILL')
    await held
    expect(pids.map((pid) => ending.sandboxes.get(pid))).toEqual([true, true])
    const busy = meeting.latest()
    await gone(busy)
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    await Promise.all(pids.map(gone))
  })

  it('does not start on a port that is taken', async () => {
    await expect(startLane(artefact, { port: Number(new URL(lane.url).port) })).rejects.toThrow(/EADDRINUSE/)
  })
})
