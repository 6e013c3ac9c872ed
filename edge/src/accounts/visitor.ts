// One visitor of the pages, by HMAC of the address it comes from: how much it asked for within the hour.
import { DurableObject } from 'cloudflare:workers'
import { type Count, count, type Quota } from './limits.ts'

/** api.md: 20 fast and 3 full for each address and hour. */
const PER_HOUR = { fast: 20, full: 3 } as const
const HOUR_S = 3_600

export class Visitor extends DurableObject {
  async ask(mode: 'fast' | 'full'): Promise<{ allowed: boolean; quota: Quota }> {
    const now = Date.now()
    const rule = { policy: `page_${mode}`, limit: PER_HOUR[mode], windowS: HOUR_S }
    const counted = count(rule, this.ctx.storage.kv.get<Count>(mode) ?? null, now)
    this.ctx.storage.kv.put(mode, counted.count)
    await this.ctx.storage.setAlarm(now + HOUR_S * 1_000)
    return { allowed: counted.allowed, quota: counted.quota }
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }
}
