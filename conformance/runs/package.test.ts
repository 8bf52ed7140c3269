import { createRequire } from 'node:module'
import * as tollgate from 'tollgate'
import * as sendgrid from 'tollgate/sendgrid'
import { bindSuites } from '../kit/bind.ts'
import type { Library } from '../kit/library.ts'
import { portableSuites } from '../portable.ts'
import { sendgridSuites } from '../sendgrid/suite.ts'

const require = createRequire(import.meta.url)
const commonJs: Library = require('tollgate')

bindSuites('the package', portableSuites(tollgate))
bindSuites('the package, as CommonJS', portableSuites(commonJs))
bindSuites('tollgate/sendgrid', sendgridSuites(sendgrid))
bindSuites('tollgate/sendgrid, as CommonJS', sendgridSuites(require('tollgate/sendgrid')))
