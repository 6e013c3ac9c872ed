// Rows whose form leaves in doubt where their address stands: what stands there is judged if it is one, and nothing otherwise.
import { NO_EXTRAS, parse } from '@postern/shared/address/parse.ts'
import type { Row } from './row.ts'

/** True where a verdict on the text would be one on a part of the row that may not be its address. */
export function isInDoubt({ email, isMisshapen }: Row): boolean {
  return isMisshapen === true && !parse(email, NO_EXTRAS).ok
}
