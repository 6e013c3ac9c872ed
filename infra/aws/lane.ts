// One lane: two functions behind signed URLs, for those who wait and for lists, that speak to mail servers from one address under one name.
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Architecture, type Code, Function, FunctionUrlAuthType, Runtime } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { LaneNetwork, type LaneNetworkProps } from './lane-network.ts'
import { LaneRole } from './lane-role.ts'
import { addOutputs } from './outputs.ts'
import type { Settings } from './settings.ts'
import type { State } from './state.ts'

export interface LaneProps extends Omit<LaneNetworkProps, 'ehloName'> {
  /** Such as `eu-central-1-a`. */
  readonly laneId: string
  readonly settings: Settings
  readonly state: State
  readonly code: Code
  /** Who alone may call. */
  readonly caller: IGrantable
}

// Suffix null: either may be asked for any name.
const resolvers = [
  { name: 'cloudflare', url: 'https://cloudflare-dns.com/dns-query', suffix: null },
  { name: 'google', url: 'https://dns.google/dns-query', suffix: null },
]

/** A lane that has no hand free for so long is busy, not ill. */
const AUDIT_GOOD_FOR = Duration.minutes(15)

function environmentOf({ laneId, settings, state }: LaneProps): Omit<LaneEnvironment, 'EGRESS_ADDRESS'> {
  return {
    LANE_ID: laneId,
    REGION: settings.region,
    PARTITION: settings.partition,
    EHLO_NAME: `${laneId}.${settings.domain}`,
    MAIL_FROM: `${laneId}@${settings.domain}`,
    DOH_RESOLVERS: JSON.stringify(resolvers),
    EVIDENCE_TABLE: state.nameOf('evidence'),
    TRAFFIC_TABLE: state.nameOf('traffic'),
    HMAC_KEYS: `secret:${state.keys.secretArn}`,
    SMTP_PORT: '25',
    LOOPBACK_NETWORKS: '',
    LOOPBACK_SMTP_PORT: '',
    LOOPBACK_HTTPS_PORT: '',
    EXTRA_ROOTS: '',
    SOURCE_ADDRESS: '',
    DYNAMODB_ENDPOINT: '',
    DNSBL_ZONES: JSON.stringify(settings.dnsblZones),
    CANARIES: settings.canaries,
    AUDIT_RESOLVERS: '',
    AUDIT_SMTP_PORT: '',
    HURRY: '',
  }
}

interface Made {
  readonly id: string
  readonly suffix: string
  readonly concurrency: number
}

export class Lane extends Construct {
  readonly network: LaneNetwork

  constructor(scope: Construct, id: string, props: LaneProps) {
    super(scope, id)
    const environment = environmentOf(props)
    this.network = new LaneNetwork(this, 'Network', { ...props, ehloName: environment.EHLO_NAME })
    const { attrPublicIp } = this.network.address
    const whole = { ...environment, EGRESS_ADDRESS: attrPublicIp }
    const { reservedConcurrency, listConcurrency } = props.settings
    const ask = this.#makeFunction(props, whole, { id: 'Prober', suffix: '', concurrency: reservedConcurrency })
    const list = this.#makeFunction(props, whole, { id: 'Lister', suffix: '-list', concurrency: listConcurrency })
    this.#auditHourly(ask)
    const outputs = { EgressAddress: attrPublicIp, EhloName: environment.EHLO_NAME }
    addOutputs(this, { Url: this.#open(ask, props), ListUrl: this.#open(list, props), ...outputs })
  }

  #open(made: Function, { caller }: LaneProps): string {
    const url = made.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM })
    url.grantInvokeUrl(caller)
    return url.url
  }

  /** Two of them on one subnet: no list can take the hands that somebody waits for. */
  #makeFunction(props: LaneProps, environment: LaneEnvironment, { id, suffix, concurrency }: Made): Function {
    const { vpc, settings, laneId, code, state } = props
    const functionName = `postern-${settings.partition}-${laneId}${suffix}`
    const { role, logGroup } = new LaneRole(this, `${id}May`, functionName)
    state.grantTo(role)
    return new Function(this, id, {
      functionName,
      role,
      logGroup,
      code,
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      // The artefact is plain JavaScript, and the same second costs a fifth less than on x86_64.
      architecture: Architecture.ARM_64,
      memorySize: 512,
      // The longest budget of a job is 60 s.
      timeout: Duration.seconds(70),
      reservedConcurrentExecutions: concurrency,
      vpc,
      vpcSubnets: { subnets: [this.network.subnet] },
      securityGroups: [this.network.securityGroup],
      environment,
      // Only audits come this way, and one that is late is told by the next.
      retryAttempts: 0,
      maxEventAge: AUDIT_GOOD_FOR,
    })
  }

  #auditHourly(prober: Function): void {
    const target = new LambdaFunction(prober, { retryAttempts: 1, maxEventAge: AUDIT_GOOD_FOR })
    const rule = new Rule(this, 'Audit', { schedule: Schedule.rate(Duration.hours(1)) })
    rule.addTarget(target)
  }
}
