import { createRequire } from 'node:module'
import * as tollgate from 'tollgate'
import { bindSuites } from '../kit/bind.ts'
import type { Library } from '../kit/library.ts'
import { portableSuites } from '../portable.ts'

const commonJs: Library = createRequire(import.meta.url)('tollgate')

bindSuites('the package', portableSuites(tollgate))
bindSuites('the package, as CommonJS', portableSuites(commonJs))
