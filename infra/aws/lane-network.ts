// The part of a lane that mail servers see: one address, one NAT gateway, and subnets that nothing else uses.
import { RemovalPolicy, Tags } from 'aws-cdk-lib'
import {
  CfnEIP,
  type CfnVPCGatewayAttachment,
  Peer,
  Port,
  PrivateSubnet,
  PublicSubnet,
  SecurityGroup,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'

export interface LaneNetworkProps {
  readonly vpc: IVpc
  readonly internet: CfnVPCGatewayAttachment
  readonly availabilityZone: string
  /** Place among the lanes of the region, from 0; its address blocks follow from it. */
  readonly ordinal: number
  readonly ehloName: string
}

export class LaneNetwork extends Construct {
  readonly address: CfnEIP
  readonly subnet: PrivateSubnet
  readonly securityGroup: SecurityGroup

  constructor(scope: Construct, id: string, props: LaneNetworkProps) {
    super(scope, id)
    this.address = this.#makeAddress(props)
    this.subnet = this.#makeSubnets(props)
    this.securityGroup = this.#makeSecurityGroup(props)
  }

  #makeAddress({ internet, ehloName }: LaneNetworkProps): CfnEIP {
    const address = new CfnEIP(this, 'Address', { domain: 'vpc' })
    // A name and a good reputation take weeks to earn: the address outlives a stack that is taken down by mistake.
    address.applyRemovalPolicy(RemovalPolicy.RETAIN)
    address.addResourceDependency(internet)
    Tags.of(address).add('Name', ehloName)
    return address
  }

  #makeSubnets({ vpc, internet, availabilityZone, ordinal }: LaneNetworkProps): PrivateSubnet {
    const placed = { vpcId: vpc.vpcId, availabilityZone, mapPublicIpOnLaunch: false }
    const outside = new PublicSubnet(this, 'Public', { ...placed, cidrBlock: `10.42.${2 * ordinal}.0/24` })
    outside.addDefaultInternetRoute(internet.internetGatewayId ?? '', internet)
    const inside = new PrivateSubnet(this, 'Private', { ...placed, cidrBlock: `10.42.${2 * ordinal + 1}.0/24` })
    inside.addDefaultNatRoute(outside.addNatGateway(this.address.attrAllocationId).ref)
    return inside
  }

  #makeSecurityGroup({ vpc }: LaneNetworkProps): SecurityGroup {
    const group = new SecurityGroup(this, 'Egress', {
      vpc,
      allowAllOutbound: false,
      description: 'Lets a lane out to mail servers and HTTPS, nobody in',
    })
    group.addEgressRule(Peer.anyIpv4(), Port.tcp(25), 'SMTP')
    group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'DNS over HTTPS, DynamoDB, Secrets Manager')
    return group
  }
}
