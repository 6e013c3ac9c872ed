// What a partition's lanes remember and share: the two tables, the way to them, and the secret with the HMAC keys.
import { tables, type TableShape } from '@postern/prober/store/schema.ts'
import { RemovalPolicy, Validations } from 'aws-cdk-lib'
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { GatewayVpcEndpointAwsService, type ISubnet, type IVpc } from 'aws-cdk-lib/aws-ec2'
import { AnyPrincipal, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

const tableActions = ['GetItem', 'BatchGetItem', 'PutItem', 'BatchWriteItem', 'UpdateItem', 'DeleteItem'].map(
  (action) => `dynamodb:${action}`,
)

export class State extends Construct {
  readonly keys: Secret
  readonly #tables: readonly { shape: TableShape; table: TableV2 }[]

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.#tables = tables.map((shape) => ({ shape, table: this.#makeTable(shape) }))
    this.keys = this.#makeKeys()
  }

  /** Physical name of a table, for the environment of a lane. */
  nameOf(name: TableShape['name']): string {
    const found = this.#tables.find(({ shape }) => shape.name === name)
    if (!found) throw new Error(`No table ${name}`)
    return found.table.tableName
  }

  grantTo(lane: IGrantable): void {
    for (const { table } of this.#tables) table.grant(lane, ...tableActions)
    this.keys.grantRead(lane)
  }

  /** Table traffic passes by the NAT gateways, which charge per byte. */
  openTo(vpc: IVpc, subnets: ISubnet[]): void {
    const endpoint = vpc.addGatewayEndpoint('Tables', {
      service: GatewayVpcEndpointAwsService.DYNAMODB,
      subnets: [{ subnets }],
    })
    const resources = this.#tables.map(({ table }) => table.tableArn)
    endpoint.addToPolicy(new PolicyStatement({ principals: [new AnyPrincipal()], actions: tableActions, resources }))
  }

  #makeTable(shape: TableShape): TableV2 {
    const { pointInTimeRecovery } = shape
    const table = new TableV2(this, shape.name === 'evidence' ? 'Evidence' : 'Traffic', {
      partitionKey: { name: shape.partitionKey, type: AttributeType.STRING },
      timeToLiveAttribute: shape.ttlAttribute,
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: pointInTimeRecovery },
      deletionProtection: pointInTimeRecovery,
      removalPolicy: pointInTimeRecovery ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    return table
  }

  #makeKeys(): Secret {
    const keys = new Secret(this, 'HmacKeys', {
      description: 'HMAC keys of the partition, JSON {current, keys: {id: hex}}; written by its operator',
      removalPolicy: RemovalPolicy.RETAIN,
    })
    // Secrets Manager can generate a password but not this shape; without a value a lane fails its first start loudly.
    const resource = keys.node.defaultChild as CfnSecret
    resource.generateSecretString = undefined
    Validations.of(keys).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'A rotated key must be read beside the old one until the evidence under that has expired: a manual step.',
    })
    return keys
  }
}
