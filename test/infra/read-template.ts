// Reads a synthesised template as a graph of resources, for the tests of the stacks.
import type { Template } from 'aws-cdk-lib/assertions'

export interface Resource {
  readonly id: string
  readonly properties: Readonly<Record<string, unknown>>
}

export interface Statement {
  readonly effect: string
  readonly actions: string[]
  readonly resources: unknown[]
}

/** All resources of a type. */
export function find(template: Template, type: string): Resource[] {
  const found = template.findResources(type)
  return Object.entries(found).map(([id, resource]) => ({ id, properties: resource['Properties'] ?? {} }))
}

/** Logical id that a property points to; null where it does not point. */
export function target(value: unknown): string | null {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: [string, string] }
  return Ref ?? attribute?.[0] ?? null
}

/** Resources of a type whose property points to a resource. */
export function pointingTo(template: Template, id: string, [type, property]: [string, string]): Resource[] {
  return find(template, type).filter(({ properties }) => target(properties[property]) === id)
}

/** What the policies of a user or role say. */
export function statementsOf(template: Template, id: string): Statement[] {
  type Raw = { Effect: string; Action: string | string[]; Resource: unknown }
  const policies = find(template, 'AWS::IAM::Policy').filter(({ properties }) => {
    const holders = [properties['Roles'], properties['Users']].flatMap((list) => (list as unknown[] | undefined) ?? [])
    return holders.some((holder) => target(holder) === id)
  })
  return policies
    .flatMap(({ properties }) => (properties['PolicyDocument'] as { Statement: Raw[] }).Statement)
    .map(({ Effect, Action, Resource }) => ({
      effect: Effect,
      actions: [Action].flat(),
      resources: [Resource].flat(),
    }))
}
