// What tests inside workerd find in `env` and `exports`: the bindings of infra/cloudflare/wrangler.jsonc.
import type { Account } from '../../../edge/src/accounts/account.ts'
import type { UsageEvent } from '../../../edge/src/accounts/meter.ts'
import type { Once } from '../../../edge/src/accounts/once.ts'
import type { Records } from '../../../edge/src/accounts/records.ts'
import type { Visitor } from '../../../edge/src/accounts/visitor.ts'
import type { Batch } from '../../../edge/src/batches/batch.ts'
import type { Work } from '../../../edge/src/batches/work.ts'
import type { Turn, Turns } from '../../../edge/src/probe/turns.ts'
import type { Env as Vars } from '../../../edge/src/config.ts'
import type { Deliveries } from '../../../edge/src/webhooks/deliveries.ts'
import type { DeliveryMessage } from '../../../edge/src/webhooks/deliver.ts'
import type { NearLimitBindings } from '../../../edge/src/http/near-limits.ts'
import type { InquiryMessage, Pending } from '../../../edge/src/verify/pending.ts'
import type { Reports } from '../../../edge/src/reports/reports.ts'
import type * as worker from '../../../edge/src/worker.ts'

interface Bindings extends Vars, NearLimitBindings {
  readonly ACCOUNTS: DurableObjectNamespace<Account>
  readonly RECORDS: DurableObjectNamespace<Records>
  readonly ONCES: DurableObjectNamespace<Once>
  readonly VISITORS: DurableObjectNamespace<Visitor>
  readonly SNAPSHOTS: KVNamespace
  readonly DELIVERIES: DurableObjectNamespace<Deliveries>
  readonly WEBHOOKS: Queue<DeliveryMessage>
  readonly USAGE: Queue<UsageEvent>
  readonly BATCH_OBJECTS: DurableObjectNamespace<Batch>
  readonly TURNS: DurableObjectNamespace<Turns>
  readonly PENDING: DurableObjectNamespace<Pending>
  readonly INQUIRIES: Queue<InquiryMessage>
  readonly BATCHES: Queue<Work>
  readonly ASKS: Queue<Turn>
  readonly SPOOL: R2Bucket
  readonly REPORTS: DurableObjectNamespace<Reports>
}

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {}
    interface GlobalProps {
      mainModule: typeof worker
    }
  }
}
