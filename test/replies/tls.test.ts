// Which refusals of MAIL ask for STARTTLS, so that the prober starts it and asks again.
import { describe, expect, test } from 'vitest'
import { demandsTls } from '@postern/shared/smtp/meaning.ts'
import { replyOf } from './said.ts'

describe('a demand for TLS', () => {
  test.each([
    '530 5.7.0 Must issue a STARTTLS command first',
    '550 5.7.10 Encryption required',
    '530 5.7.1 TLS required',
    '454 4.7.0 TLS is required',
    '523 5.7.10 Encryption needed',
    '550 5.7.1 Session encryption is required',
    '451 5.7.3 STARTTLS is required to send mail',
    '451 4.7.1 TLS encryption is mandatory',
    '530 5.7.0 STARTTLS command must be issued first',
    '554 5.7.1 Mail is only accepted over an encrypted connection',
  ])('%s', (text) => {
    expect(demandsTls(replyOf(text))).toBe(true)
  })

  test.each([
    '250 2.1.0 Ok, and encryption required for AUTH',
    '530 5.7.0 Authentication required',
    '550 5.7.1 Client host rejected: Access denied',
    '454 4.7.0 TLS not available due to temporary reason',
    '550 5.1.1 <starttls@b.example> User unknown',
  ])('is not %s', (text) => {
    expect(demandsTls(replyOf(text))).toBe(false)
  })
})
