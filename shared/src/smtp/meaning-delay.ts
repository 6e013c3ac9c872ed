// How long a reply asks us to wait, for those who plan the next try.

const secondsPer = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
])

/** A day: what asks for longer is not greylisting, and nobody waits for it. */
const LONGEST_S = 86_400

/** The words that turn a time into an invitation; other times in a reply say how long something has lasted. */
const cue =
  /(?:again|retry|retrying|back|wait|delay\w*|defer\w*|later|after|within|[gG]r[ae]y\w*|list\w*)\b[^0-9]{0,40}/i
const clock = /^([0-9]{1,2}):([0-9]{2}):([0-9]{2})\b/
const amount = /^(?:\s|and|,)*([0-9]{1,5})\s?(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?)\b/i

/** Seconds after which a reply invites another try (`in 5 minutes`, `00:05:00`, `4min 59s`), or null where it names none. */
export function delayOf(lines: readonly string[]): number | null {
  let rest = lines.join(' ')
  for (let match = cue.exec(rest); match !== null; match = cue.exec(rest)) {
    rest = rest.slice(match.index + match[0].length)
    const seconds = clockSeconds(rest) ?? spokenSeconds(rest)
    if (seconds !== null) return seconds > 0 && seconds <= LONGEST_S ? seconds : null
  }
  return null
}

function clockSeconds(text: string): number | null {
  const match = clock.exec(text)
  return match === null ? null : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
}

function spokenSeconds(text: string): number | null {
  let seconds: number | null = null
  let rest = text
  for (let match = amount.exec(rest); match !== null; match = amount.exec(rest)) {
    const unit = secondsPer.get((match[2] ?? '').charAt(0).toLowerCase()) ?? 0
    seconds = (seconds ?? 0) + Number(match[1]) * unit
    rest = rest.slice(match[0].length)
  }
  return seconds
}
