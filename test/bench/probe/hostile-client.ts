// Conversations with hostile servers, a hundred at a time, in a process that can be told to collect its garbage.
import { setTimeout as pause } from 'node:timers/promises'
import { meet } from '../../prober/net/hostile-server.ts'
import type { HostileJob, HostileSaid, Memory } from './hostile.ts'
import { atATime } from './many.ts'
import { watch } from './starved.ts'

const collect = (globalThis as { gc?: () => void }).gc

/** Sockets of QUITs that are not answered are gone after 200 ms. */
async function settled(): Promise<Memory> {
  await pause(400)
  for (let times = 0; times < 3; times += 1) collect?.()
  const { heapUsed, rss } = process.memoryUsage()
  return { heapMb: heapUsed / 1e6, rssMb: rss / 1e6 }
}

async function run({ port, count, atOnce, deadlineMs }: HostileJob): Promise<HostileSaid> {
  const endings: Record<string, number> = {}
  let [latestMs, unfound] = [0, 0]
  const machine = watch()
  const one = async (): Promise<void> => {
    const before = machine.starvedMs()
    const met = await meet({ port }, { deadlineMs }).catch(() => null)
    if (met === null) return void (unfound += 1)
    latestMs = Math.max(latestMs, met.tookMs - deadlineMs - (machine.starvedMs() - before))
    const ending = met.text.split(' ')[0] ?? ''
    endings[ending] = (endings[ending] ?? 0) + 1
  }
  const quarter = Array.from({ length: Math.ceil(count / 4) }, (_, n) => n)
  const memory: Memory[] = []
  for (let part = 0; part < 4; part += 1) {
    await atATime(atOnce, quarter, one)
    memory.push(await settled())
  }
  const starvedMs = machine.starvedMs()
  machine.stop()
  const left = process.getActiveResourcesInfo().filter((one) => /^(TCPSocketWrap|TLSWrap|TCPConnectWrap)$/.test(one))
  return { endings, latestMs, starvedMs, unfound, memory, socketsLeft: left.length }
}

if (process.send !== undefined) {
  process.send(await run(JSON.parse(process.argv[2] ?? '{}') as HostileJob))
  process.disconnect()
}
