// Fast verdicts at a steady rate: of domains never seen before, then of one domain again and again, with the questions asked.
import { setTimeout as pause } from 'node:timers/promises'
import { company, person } from './arrivals.ts'
import { type Times, under } from './load.ts'

export const PER_SECOND = 100
/** What goes on after the last answers is to be over before questions are counted. */
const SETTLE_MS = 1_500
const HOT = 'harborkettle.com'
/** Numbers of companies that the warm-up has, and nobody else. */
const ASIDE = 1_000_000

export interface Setting {
  readonly resolver: string
  readonly headers?: Readonly<Record<string, string>>
  readonly seconds: number
  /** Where one address is asked about in fast mode. */
  readonly urlOf: (email: string) => string
  /** CPU of the Worker's process so far, in ms. */
  readonly cpuMs?: () => number | null
}

export interface Measured extends Times {
  readonly questions: number
  readonly cpuMs: number | null
}

export async function verdictsUnder(setting: Setting): Promise<{ fresh: Measured; hot: Measured }> {
  const { urlOf, headers = {}, seconds } = setting
  const warmUp = { headers, perSecond: PER_SECOND / 2, seconds: Math.ceil(seconds / 2) }
  await under({ ...warmUp, urlOf: (at) => urlOf(`${person(at)}@${company(ASIDE + at)}`) })
  await pause(SETTLE_MS)
  const fresh = await counted(setting, (at) => urlOf(`${person(at)}@${company(at)}`))
  await under({ headers, perSecond: 10, seconds: 1, urlOf: (at) => urlOf(`${person(at)}@${HOT}`) })
  await pause(SETTLE_MS)
  const hot = await counted(setting, (at) => urlOf(`${person(100 + at)}@${HOT}`))
  return { fresh, hot }
}

async function counted(setting: Setting, urlOf: (at: number) => string): Promise<Measured> {
  const { resolver, headers = {}, seconds, cpuMs = () => null } = setting
  const asked = async () => Number(await (await fetch(`${resolver}/asked`)).text())
  const before = { asked: await asked(), cpuMs: cpuMs() }
  const times = await under({ headers, perSecond: PER_SECOND, seconds, urlOf })
  await pause(SETTLE_MS)
  const spent = cpuMs()
  return {
    ...times,
    questions: (await asked()) - before.asked,
    cpuMs: spent === null || before.cpuMs === null ? null : spent - before.cpuMs,
  }
}
