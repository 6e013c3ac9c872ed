// The deployed shape of a region: what each lane has to itself, who may call it, and what it may touch.
import { createApp } from '@postern/infra/aws/app.ts'
import { tables } from '@postern/prober/store/schema.ts'
import { Template } from 'aws-cdk-lib/assertions'
import { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildFixture, environment } from './lane-under-test.ts'
import { find, pointingTo, type Resource, statementsOf, target } from './read-template.ts'

const laneIds = ['eu-central-1-a', 'eu-central-1-b']
const functionIds = laneIds.flatMap((laneId) => [laneId, `${laneId}-list`])
let dir: string
let artefact: Awaited<ReturnType<typeof buildFixture>>
let template: Template
let assembly: string

async function make(context: Readonly<Record<string, unknown>> = {}) {
  const outdir = await mkdtemp(join(dir, 'out-'))
  return createApp({ artefactDir: artefact.dir, outdir, context: { 'aws:cdk:bundling-stacks': [], ...context } })
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'synth-'))
  artefact = await buildFixture(join(dir, 'artefact'))
  const { app, stack } = await make()
  assembly = app.synth().directory
  template = Template.fromStack(stack)
})

afterAll(() => rm(dir, { recursive: true }))

function functionOf(laneId: string): Resource {
  const functions = find(template, 'AWS::Lambda::Function')
  return functions.find(({ properties }) => properties['FunctionName'] === `postern-default-${laneId}`)!
}

function environmentOf(laneId: string): Record<string, unknown> {
  return (functionOf(laneId).properties['Environment'] as { Variables: Record<string, unknown> }).Variables
}

/** Follows a lane's packets from its function to the address that mail servers see. */
function wayOut(laneId: string) {
  const { SubnetIds } = functionOf(laneId).properties['VpcConfig'] as { SubnetIds: unknown[] }
  const subnets = SubnetIds.map((subnet) => target(subnet) ?? '')
  const tablesOfRoutes = subnets.flatMap((id) =>
    pointingTo(template, id, ['AWS::EC2::SubnetRouteTableAssociation', 'SubnetId']),
  )
  const routes = tablesOfRoutes.flatMap(({ properties }) =>
    pointingTo(template, target(properties['RouteTableId']) ?? '', ['AWS::EC2::Route', 'RouteTableId']),
  )
  const gateways = routes.map(({ properties }) => target(properties['NatGatewayId']))
  const addresses = find(template, 'AWS::EC2::NatGateway')
    .filter(({ id }) => gateways.includes(id))
    .map(({ properties }) => target(properties['AllocationId']))
  return { subnets, gateways, addresses }
}

describe('a lane', () => {
  it.each(laneIds)('%s leaves from one private subnet by one gateway with one address', (laneId) => {
    const { subnets, gateways, addresses } = wayOut(laneId)
    expect([subnets.length, gateways.length, addresses.length]).toEqual([1, 1, 1])
    const address = find(template, 'AWS::EC2::EIP').find(({ id }) => id === addresses[0])!
    expect(address.properties['Tags']).toEqual([{ Key: 'Name', Value: `${laneId}.probe.example.com` }])
  })

  it('shares none of them with the other', () => {
    const [one, two] = laneIds.map((laneId) => Object.values(wayOut(laneId)).flat())
    expect(one!.filter((id) => two!.includes(id))).toEqual([])
    for (const type of ['EIP', 'NatGateway']) template.resourceCountIs(`AWS::EC2::${type}`, 2)
    template.resourceCountIs('AWS::EC2::Subnet', 4)
    template.resourceCountIs('AWS::Lambda::Function', 4)
  })

  it('stands in a zone of its own', () => {
    const zones = find(template, 'AWS::EC2::Subnet').map(({ properties }) =>
      JSON.stringify(properties['AvailabilityZone']),
    )
    expect(new Set(zones).size).toBe(2)
  })

  it('keeps its address when the stack goes', () => {
    template.allResources('AWS::EC2::EIP', { DeletionPolicy: 'Retain' })
  })

  it('reaches mail servers and HTTPS, and is reached by nobody', () => {
    for (const { properties } of find(template, 'AWS::EC2::SecurityGroup')) {
      const rules = properties['SecurityGroupEgress'] as Record<string, unknown>[]
      expect(rules.map(({ CidrIp, IpProtocol, FromPort, ToPort }) => [CidrIp, IpProtocol, FromPort, ToPort])).toEqual([
        ['0.0.0.0/0', 'tcp', 25, 25],
        ['0.0.0.0/0', 'tcp', 443, 443],
      ])
      expect(properties['SecurityGroupIngress']).toBeUndefined()
    }
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0)
  })

  it.each(laneIds)('%s has every variable of its environment, and no local one set', (laneId) => {
    const variables = environmentOf(laneId)
    expect(Object.keys(variables).sort()).toEqual(Object.keys(environment).sort())
    expect(variables).toMatchObject({
      LANE_ID: laneId,
      EHLO_NAME: `${laneId}.probe.example.com`,
      SMTP_PORT: '25',
      LOOPBACK_NETWORKS: '',
      EXTRA_ROOTS: '',
      SOURCE_ADDRESS: '',
      DYNAMODB_ENDPOINT: '',
      DNSBL_ZONES: '["zen.spamhaus.org","bl.spamcop.net","b.barracudacentral.org"]',
      CANARIES: '[]',
      AUDIT_RESOLVERS: '',
      AUDIT_SMTP_PORT: '',
    })
  })

  it.each(laneIds)('%s knows the address from which it leaves', (laneId) => {
    const known = environmentOf(laneId)['EGRESS_ADDRESS'] as Record<'Fn::GetAtt', string[]>
    expect(known['Fn::GetAtt']).toEqual([wayOut(laneId).addresses[0], 'PublicIp'])
  })

  it('has time for the longest job and a bound on concurrency', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Timeout: 70,
      MemorySize: 512,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
    })
    const reserved = (id: string) => functionOf(id).properties['ReservedConcurrentExecutions']
    expect(laneIds.map((id) => [reserved(id), reserved(`${id}-list`)])).toEqual([
      [50, 10],
      [50, 10],
    ])
  })

  it.each(laneIds)('%s works on lists by the same way out, with hands of their own', (laneId) => {
    const list = `${laneId}-list`
    expect(wayOut(list)).toEqual(wayOut(laneId))
    expect(environmentOf(list)).toEqual(environmentOf(laneId))
  })
})

describe('who may do what', () => {
  it('a function URL answers to AWS_IAM only, and no function to the public', () => {
    template.resourceCountIs('AWS::Lambda::Url', 4)
    template.allResourcesProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM' })
    template.allResourcesProperties('AWS::Lambda::Permission', { Principal: 'events.amazonaws.com' })
  })

  it.each(laneIds)('%s is called by its own hourly rule, and by no other', (laneId) => {
    const { id } = functionOf(laneId)
    const rules = find(template, 'AWS::Events::Rule').filter(({ properties }) =>
      (properties['Targets'] as { Arn: unknown }[]).some(({ Arn }) => target(Arn) === id),
    )
    expect(rules.map(({ properties }) => properties)).toMatchObject([
      { ScheduleExpression: 'rate(1 hour)', State: 'ENABLED', Targets: [{}] },
    ])
    // Without an input of its own the target gets the scheduled event, by which the lane knows an audit.
    const [order] = rules[0]!.properties['Targets'] as Record<string, unknown>[]
    expect(order).not.toHaveProperty('Input')
    expect(order).toMatchObject({ RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 1 } })
    const permissions = pointingTo(template, id, ['AWS::Lambda::Permission', 'FunctionName'])
    expect(permissions.map(({ properties }) => target(properties['SourceArn']))).toEqual([rules[0]!.id])
    const [late] = pointingTo(template, id, ['AWS::Lambda::EventInvokeConfig', 'FunctionName'])
    expect(late!.properties).toMatchObject({ MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 0 })
  })

  it('the one user may invoke the URLs of these lanes and nothing else', () => {
    const [user, ...others] = find(template, 'AWS::IAM::User')
    expect(others).toEqual([])
    const statements = statementsOf(template, user!.id)
    const functions = new Set(functionIds.map((laneId) => functionOf(laneId).id))
    expect(new Set(statements.flatMap(({ resources }) => resources.map(target)))).toEqual(functions)
    const actions = new Set(statements.flatMap((statement) => statement.actions))
    expect(actions).toEqual(new Set(['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']))
  })

  it.each(laneIds)('%s may read and write single items of the two tables', (laneId) => {
    const role = target(functionOf(laneId).properties['Role']) ?? ''
    const onTables = statementsOf(template, role).filter(({ actions }) =>
      actions.some((a) => a.startsWith('dynamodb:')),
    )
    const ids = new Set(find(template, 'AWS::DynamoDB::GlobalTable').map(({ id }) => id))
    expect(new Set(onTables.flatMap(({ resources }) => resources.map(target)))).toEqual(ids)
    expect(new Set(onTables.flatMap(({ actions }) => actions))).toEqual(
      new Set(
        ['GetItem', 'BatchGetItem', 'PutItem', 'BatchWriteItem', 'UpdateItem', 'DeleteItem'].map(
          (name) => `dynamodb:${name}`,
        ),
      ),
    )
  })

  it('the wildcard resource stands for network interfaces only, which the function itself is denied', () => {
    const roles = find(template, 'AWS::IAM::Role').flatMap(({ id }) => statementsOf(template, id))
    const wide = roles.filter(({ resources }) => resources.includes('*'))
    expect(wide.map(({ effect }) => effect)).toEqual(functionIds.flatMap(() => ['Allow', 'Deny']))
    expect(wide.flatMap(({ actions }) => actions).filter((action) => !action.startsWith('ec2:'))).toEqual([])
    expect(roles.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([])
  })

  it('no secret is in the template: keys are named, not made', () => {
    template.allResources('AWS::SecretsManager::Secret', { DeletionPolicy: 'Retain' })
    const [keys] = find(template, 'AWS::SecretsManager::Secret')
    expect(Object.keys(keys!.properties)).toEqual(['Description'])
    template.resourceCountIs('AWS::IAM::AccessKey', 0)
    for (const laneId of laneIds) {
      const secret = { 'Fn::Join': ['', ['secret:', { Ref: keys!.id }]] }
      expect(environmentOf(laneId)['HMAC_KEYS']).toEqual(secret)
    }
  })
})

describe('the state', () => {
  it.each(tables)(
    'table $name is what the schema says',
    ({ partitionKey, ttlAttribute, pointInTimeRecovery, environmentKey }) => {
      const id = target(environmentOf('eu-central-1-a')[environmentKey])
      const table = find(template, 'AWS::DynamoDB::GlobalTable').find((candidate) => candidate.id === id)!
      expect(table.properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true },
        Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: pointInTimeRecovery } }],
      })
      expect(table.properties['StreamSpecification']).toBeUndefined()
    },
  )

  it('is reached from both lanes without passing a NAT gateway', () => {
    const [endpoint] = find(template, 'AWS::EC2::VPCEndpoint')
    expect(endpoint!.properties['VpcEndpointType']).toBe('Gateway')
    expect(endpoint!.properties['RouteTableIds']).toHaveLength(2)
  })
})

describe('synthesis', () => {
  it('ships the bytes that were built', async () => {
    const manifest = await readFile(join(assembly, 'postern-default-eu-central-1.assets.json'), 'utf8')
    const { files } = JSON.parse(manifest) as { files: Record<string, { source: { path: string; packaging: string } }> }
    const shipped = Object.values(files).find(({ source }) => source.packaging === 'zip')!
    const bytes = await readFile(join(assembly, shipped.source.path, 'index.mjs'))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(artefact.sha256)
  })

  it('asks nothing of an account', async () => {
    const manifest = JSON.parse(await readFile(join(assembly, 'manifest.json'), 'utf8')) as { missing?: unknown }
    expect(manifest.missing).toBeUndefined()
  })

  it('gives the same template again', async () => {
    expect(Template.fromStack((await make()).stack).toJSON()).toEqual(template.toJSON())
  })

  it('takes partition, region and domain from context', async () => {
    const { stack } = await make({ partition: 'eu', region: 'eu-west-1', domain: 'lanes.test' })
    expect([stack.stackName, stack.region]).toEqual(['postern-eu-eu-west-1', 'eu-west-1'])
    Template.fromStack(stack).hasOutput('*', { Value: 'eu-west-1-b.lanes.test' })
  })

  it('takes lists and canaries from context, for the lanes to read', async () => {
    const canaries = '[{"operator":"x","good":"a@x.test","dead":"b@x.test"}]'
    const { stack } = await make({ dnsblZones: 'key.zen.dq.spamhaus.net', canaries })
    Template.fromStack(stack).allResourcesProperties('AWS::Lambda::Function', {
      Environment: { Variables: { DNSBL_ZONES: '["key.zen.dq.spamhaus.net"]', CANARIES: canaries } },
    })
    const none = Template.fromStack((await make({ dnsblZones: '' })).stack)
    none.allResourcesProperties('AWS::Lambda::Function', { Environment: { Variables: { DNSBL_ZONES: '[]' } } })
  })

  it.each([
    ['domain', 'no domain'],
    ['region', 'Frankfurt'],
    ['partition', ''],
    ['reservedConcurrency', '0'],
    ['listConcurrency', 'few'],
    ['dnsblZones', 'zen spamhaus org'],
    ['canaries', 'gmail'],
  ])('refuses a %s that will not do', async (key, value) => {
    await expect(make({ [key]: value })).rejects.toThrow(`Context ${key} must`)
  })

  it('fails on a resource that the checks object to', async () => {
    const { app, stack } = await make()
    expect(new CfnBucket(stack, 'Unlogged').logicalId).toBeDefined()
    expect(() => app.synth()).toThrow(/AwsSolutions-S1\b/)
  })
})
