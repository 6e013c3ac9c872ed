// Other people's libraries at the types that the bench uses them at, each called as its manual says for a sign-up form.
import { createRequire } from 'node:module'
import { z } from 'zod'

const require = createRequire(import.meta.url)

type IsValid = (address: string) => boolean
/** The domain that is suggested, or null. */
type Suggests = (domain: string) => string | null
type Names = (domain: string) => boolean

interface IsEmail {
  readonly validate: (address: string, options: { minDomainAtoms: number; errorLevel?: true }) => boolean | number
}

const isEmail = require('isemail') as IsEmail
const validator = require('validator') as { readonly isEmail: IsValid }
const hapi = require('@hapi/address') as { readonly isEmailValid: IsValid }

export const validators: Readonly<Record<string, IsValid>> = {
  '@hapi/address': (address) => hapi.isEmailValid(address),
  isemail: (address) => isEmail.validate(address, { minDomainAtoms: 2 }) === true,
  'isemail, strict': (address) => isEmail.validate(address, { minDomainAtoms: 2, errorLevel: true }) === 0,
  validator: (address) => validator.isEmail(address),
  zod: (address) => z.email().safeParse(address).success,
}

type Suggester = { readonly run: (options: { readonly email: string }) => { readonly domain: string } | undefined }

const mailcheck = require('mailcheck') as Suggester
const zootools = require('@zootools/email-spell-checker') as Suggester

export const suggesters: Readonly<Record<string, Suggests>> = {
  mailcheck: (domain) => mailcheck.run({ email: `jane@${domain}` })?.domain ?? null,
  '@zootools/email-spell-checker': (domain) => zootools.run({ email: `jane@${domain}` })?.domain ?? null,
}

const mailchecker = require('mailchecker') as { readonly isValid: IsValid }
const wellKept = require('disposable-email-domains-js') as {
  readonly disposableEmailBlocklist: () => readonly string[]
}
// Its own check goes through the list once per address, which takes a minute for as many as are asked about here.
const blocklist = new Set(wellKept.disposableEmailBlocklist())

/** True where a domain is called disposable. */
export const lists: Readonly<Record<string, Names>> = {
  mailchecker: (domain) => !mailchecker.isValid(`jane@${domain}`),
  'disposable-email-domains-js': (domain) => blocklist.has(domain),
}
