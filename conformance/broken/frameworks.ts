import express from 'express'
import { twilioWebhook } from 'tollgate/express'
import type { Framework } from '../adapter/framework.ts'
import type { AdapterOptions } from '../adapter/scenario.ts'
import { express as frameworks } from '../frameworks/express.ts'
import { listen, sendReply } from '../frameworks/listen.ts'

const [sound] = frameworks.filter(({ name }) => name === 'express 5')

/**
 * A framework with one deliberate fault, and how the names of the cases start that must notice it.
 */
interface BrokenFramework {
  readonly fault: string
  readonly framework: Framework
  readonly noticedBy: readonly string[]
}

type Guard = (options: AdapterOptions) => express.RequestHandler

function breakFramework(name: string, makeGuard: Guard): Framework {
  if (sound === undefined) throw new Error('Express 5 is not in the list')
  return {
    ...sound,
    name,
    start({ options, handle, mountedAt }) {
      const app = express()
      app.set('env', 'test')
      const guard = makeGuard(typeof options === 'function' ? options() : options)
      app.use(mountedAt ?? '/', guard, (req, res, next) => {
        handle(req.twilio, req.body).then((reply) => sendReply(res, reply), next)
      })
      return listen(app)
    },
  }
}

export const brokenFrameworks: readonly BrokenFramework[] = [
  {
    fault: 'compares the path without decoding it',
    framework: breakFramework('undecoded paths', ({ paths, ...options }) => {
      const guard = twilioWebhook(options)
      const guarded = [paths ?? '/'].flat().filter((path) => typeof path === 'string')
      const isGuarded = (url: string): boolean => guarded.some((path) => url.startsWith(path))
      return (req, res, next) => (isGuarded(req.originalUrl) ? guard(req, res, next) : next())
    }),
    noticedBy: ['A5 guards /v%6Fice', 'A5 guards /VOICE', 'A5 guards //voice', 'A5 guards /x/../voice'],
  },
  {
    fault: 'runs the handler before the verdict',
    framework: breakFramework('too early', ({ paths: _paths, ...options }) => {
      const guard = twilioWebhook({ ...options, mode: 'observe' })
      return (req, res, next) => guard(req, res, next)
    }),
    noticedBy: ['a tampered form', 'no signature', 'E3 ', 'E4 '],
  },
]
