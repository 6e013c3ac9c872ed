// Loaded before every test file: properties draw the same cases in every run, so that a red run can be run again.
import fc from 'fast-check'

fc.configureGlobal({ seed: 20_261_121 })
