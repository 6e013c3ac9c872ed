// Secrets for tests of what is made with them: rings of one or two, and one that belongs to somebody else.
import { openSecrets } from '../../../edge/src/accounts/secrets.ts'

const keys = { '1': '0f'.repeat(32), '2': 'a5'.repeat(32) }

export const ring = openSecrets({ current: '1', keys: { '1': keys['1'] } })
/** While the secret is being replaced: the new one signs, both are believed. */
export const rotating = openSecrets({ current: '2', keys })
/** After that. */
export const replaced = openSecrets({ current: '2', keys: { '2': keys['2'] } })
/** Another service's, under the same id. */
export const strange = openSecrets({ current: '1', keys: { '1': '33'.repeat(32) } })
