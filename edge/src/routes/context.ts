// What every route is given: who asks, under which request id, and the ports of this invocation.
import type { Config } from '../config.ts'
import type { Caller } from '../http/authenticate.ts'
import type { VerifyPorts } from '../verify/verify.ts'

export interface Services {
  readonly config: Config
  readonly verify: VerifyPorts
  readonly newId: (prefix: string) => string
  readonly now: () => number
}

export interface AppEnv {
  Variables: {
    requestId: string
    services: Services
    caller: Caller
  }
}
