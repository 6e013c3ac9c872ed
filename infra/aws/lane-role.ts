// What a lane's function may do in AWS besides its tables and keys: write its log, have a network interface.
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

// Lambda makes and drops a function's network interfaces in the name of the function's role.
const interfaceActions = [
  'CreateNetworkInterface',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'DeleteNetworkInterface',
  'AssignPrivateIpAddresses',
  'UnassignPrivateIpAddresses',
].map((action) => `ec2:${action}`)

export class LaneRole extends Construct {
  readonly role: Role
  readonly logGroup: LogGroup

  constructor(scope: Construct, id: string, functionName: string) {
    super(scope, id)
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    this.logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.logGroup.grantWrite(this.role)
    this.#allowInterfaces(functionName)
  }

  #allowInterfaces(functionName: string): void {
    // Spelled out, because a reference would make function and policy wait for one another.
    const functionArn = Stack.of(this).formatArn({ service: 'lambda', resource: `function:${functionName}` })
    this.role.addToPolicy(new PolicyStatement({ actions: interfaceActions, resources: ['*'] }))
    this.role.addToPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: interfaceActions,
        resources: ['*'],
        conditions: { ArnEquals: { 'lambda:SourceFunctionArn': functionArn } },
      }),
    )
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Network interfaces do not exist before Lambda makes them; the function itself is denied these actions.',
    })
  }
}
