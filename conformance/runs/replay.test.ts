import * as library from 'tollgate'
import * as replay from 'tollgate/replay'
import { bindSuites } from '../kit/bind.ts'
import { replaySuites } from '../replay/suite.ts'

bindSuites('with the memory store', replaySuites({ library, replay, makeStore: () => replay.memoryStore() }))
