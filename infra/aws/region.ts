// The stack of a partition in its region: a network, the state, two lanes, and the one user who may call them.
import { Fn, Stack, Validations } from 'aws-cdk-lib'
import { CfnInternetGateway, CfnVPCGatewayAttachment, IpAddresses, type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { User } from 'aws-cdk-lib/aws-iam'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { Lane } from './lane.ts'
import { addOutputs } from './outputs.ts'
import type { Settings } from './settings.ts'
import { State } from './state.ts'

const laneLetters = ['a', 'b'] as const

export interface RegionProps {
  readonly settings: Settings
  /** Directory that `buildArtefact` filled. */
  readonly artefactDir: string
}

export class RegionStack extends Stack {
  constructor(scope: Construct, { settings, artefactDir }: RegionProps) {
    super(scope, `postern-${settings.partition}-${settings.region}`, {
      env: { region: settings.region },
      description: `Postern: lanes of partition ${settings.partition} in ${settings.region}`,
      terminationProtection: true,
    })
    const state = new State(this, 'State')
    const caller = new User(this, 'Edge')
    const shared = { ...this.#makeNetwork(), settings, state, caller, code: Code.fromAsset(artefactDir) }
    const lanes = laneLetters.map((letter, ordinal) => {
      const availabilityZone = this.availabilityZones[ordinal] ?? ''
      const laneId = `${settings.region}-${letter}`
      return new Lane(this, `Lane${letter.toUpperCase()}`, { ...shared, laneId, ordinal, availabilityZone })
    })
    state.openTo(
      shared.vpc,
      lanes.map(({ network }) => network.subnet),
    )
    addOutputs(this, { CallerName: caller.userName, HmacKeysArn: state.keys.secretArn })
  }

  // Asked for by region only: a list of names would be looked up in an account.
  override get availabilityZones(): string[] {
    return laneLetters.map((_, ordinal) => Fn.select(ordinal, Fn.getAzs()))
  }

  #makeNetwork(): { vpc: IVpc; internet: CfnVPCGatewayAttachment } {
    // Without subnets: every lane brings its own. `Vpc` is an `IVpc` but for undefined where a property may be absent.
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.42.0.0/16'),
      natGateways: 0,
      subnetConfiguration: [],
    }) as IVpc
    const gateway = new CfnInternetGateway(this, 'Internet')
    const internet = new CfnVPCGatewayAttachment(this, 'InternetAttachment', {
      vpcId: vpc.vpcId,
      internetGatewayId: gateway.ref,
    })
    Validations.of(vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'Nobody gets in, and a log of whom the lanes dialled is a record of customers that nobody asked for.',
    })
    return { vpc, internet }
  }
}
