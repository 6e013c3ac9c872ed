// What is modelled and not measured: routing, resolution, availability, each with what it assumes.
import type { ReportSections } from '@postern/shared/contract/domain-report.ts'
import { Facts, list, percent } from './bricks.tsx'
import { words } from './words.ts'

type Of<S extends keyof ReportSections> = { readonly of: ReportSections[S] }

const NOTHING = 'There is nothing to model: no mail server is known.'

function Assumed({ of }: { of: Readonly<Record<string, string | number>> }) {
  return (
    <details>
      <summary>A model, and no measurement: what it assumes</summary>
      <Facts of={Object.entries(of).map(([name, value]) => [words(name), String(value)])} />
    </details>
  )
}

export function Routing({ of: routing }: Of<'routing'>) {
  if (routing === null) return <p>{NOTHING}</p>
  return (
    <>
      <div class="wide">
        <table>
          <thead>
            <tr>
              {['Sender', 'Expected', 'First round', 'Where it goes'].map((name) => (
                <th scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Object.entries(routing.profiles).map(
              ([name, { expected_s: expected, first_round: first, band, paths }]) => (
                <tr>
                  <td>{words(name)}</td>
                  <td>{expected === null ? 'nobody takes mail' : `${Number(expected.toPrecision(3))} s (${band})`}</td>
                  <td>{percent(first)}</td>
                  <td>{list(paths.map(({ host, share }) => `${host} ${percent(share)}`))}</td>
                </tr>
              ),
            )}
          </tbody>
        </table>
      </div>
      <Assumed of={routing.assumptions} />
    </>
  )
}

export function Resolution({ of: resolution }: Of<'resolution'>) {
  if (resolution === null) return <p>{NOTHING}</p>
  const { cold_ms: cold, warm_ms: warm, expected_ms: expected, measured_ms: measured } = resolution
  return (
    <>
      <Facts
        of={[
          [
            'A sender that knows nothing',
            `${rounded(cold)} ms${resolution.over_service_line ? ', over our line of 150' : ''}`,
          ],
          ['A cache that knows all', `${rounded(warm)} ms`],
          ['In the mean', `${rounded(expected)} ms`],
          ['Our own first question', measured === null ? undefined : `${rounded(measured)} ms, measured`],
        ]}
      />
      <Assumed of={resolution.assumptions} />
    </>
  )
}

function rounded(ms: number): number {
  return Number(ms.toFixed(1))
}

export function Availability({ of: availability }: Of<'availability'>) {
  if (availability === null) return <p>{NOTHING}</p>
  return (
    <>
      <Facts
        of={[
          ['The first that is tried answers', percent(availability.first_pick)],
          ['One of them answers', `${percent(availability.effective)} if they fail independently`],
          ['By groups', `${percent(availability.grouped)} if those of a group fail together`],
          ['Groups', availability.groups.map((group) => list(group)).join('; ')],
          [
            'Another one would',
            availability.another_is_material ? 'add a thousandth or more' : 'add less than a thousandth',
          ],
        ]}
      />
      <Assumed of={availability.assumptions} />
    </>
  )
}
