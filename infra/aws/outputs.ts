// Declares what a stack tells its operator once it is deployed, for the constructs of this room.
import { CfnOutput } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

export function addOutputs(scope: Construct, values: Readonly<Record<string, string>>): CfnOutput[] {
  return Object.entries(values).map(([id, value]) => new CfnOutput(scope, id, { value }))
}
