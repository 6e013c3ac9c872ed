// One visitor of the pages, by HMAC of the address it comes from: how much it asked for within the hour.
import { DurableObject } from 'cloudflare:workers'
import { type Count, count, type Quota } from './limits.ts'

/** For each address and hour; a report costs the DNS some forty questions, and whoever is looked at one look a day. */
const PER_HOUR = { fast: 20, full: 3, report: 20, kept: 60 } as const

/** What a visitor asks for: a verification in one of its modes, the report of a domain, or one that is kept. */
export type Asked = keyof typeof PER_HOUR
const HOUR_S = 3_600

export class Visitor extends DurableObject {
  async ask(asked: Asked): Promise<{ allowed: boolean; quota: Quota }> {
    const now = Date.now()
    const rule = { policy: `page_${asked}`, limit: PER_HOUR[asked], windowS: HOUR_S }
    const counted = count(rule, this.ctx.storage.kv.get<Count>(asked) ?? null, now)
    this.ctx.storage.kv.put(asked, counted.count)
    await this.ctx.storage.setAlarm(now + HOUR_S * 1_000)
    return { allowed: counted.allowed, quota: counted.quota }
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }
}
