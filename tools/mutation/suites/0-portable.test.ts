import * as library from 'tollgate'
import * as replay from 'tollgate/replay'
import * as sendgrid from 'tollgate/sendgrid'
import { bindSuites } from '../../../conformance/kit/bind.ts'
import { portableSuites } from '../../../conformance/portable.ts'
import { replaySuites } from '../../../conformance/replay/suite.ts'
import { sendgridSuites } from '../../../conformance/sendgrid/suite.ts'

// What every runtime runs over the package, here over its sources.
bindSuites('the sources', portableSuites(library))
bindSuites('replays', replaySuites({ library, replay, makeStore: () => replay.memoryStore() }))
bindSuites('SendGrid', sendgridSuites(sendgrid))
