import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `params_${string}`>

const first = {
  express: 'Put the guard before the middleware that changes req.body: it reads the raw body.',
  fastify: 'Register the plugin in the scope: it reads the raw body before any parser or preValidation hook.',
  koa: 'Put the guard before the body parser and before other code that changes ctx.request.body.',
  nest: 'Set rawBody: true. Pipes and middleware that change the body then do no harm.',
} as const

/** Changes that parsers and middleware make to form parameters. */
export const paramsCauses: Readonly<Record<Id, CauseRow>> = {
  params_trimmed: {
    title: 'Values were trimmed',
    symptom: 'Only messages that begin or end with a space or a line break are refused.',
    reason:
      'Middleware that trims input (Laravel’s TrimStrings, sanitisers, validation pipes) ran first. Twilio signs values with the white space that people typed.',
    fix: 'Verify before any middleware that trims values, on the raw body.',
    fixes: first,
  },
  params_blank_dropped: {
    title: 'Blank values were dropped',
    symptom:
      'Requests from some numbers or countries are refused, for example from those without a city or a ZIP code.',
    reason:
      'Twilio sends many parameters blank (ToCity=) and signs their names. Middleware that removes blank values removes the names too.',
    fix: 'Verify before any middleware that drops blank values, on the raw body.',
    fixes: first,
  },
  params_repeats_dropped: {
    title: 'Repeated parameters were dropped',
    symptom: 'Group messages of Conversations are refused.',
    reason:
      'Some webhooks repeat a parameter (MessagingBinding.Address), and Twilio signs each distinct value. A parser that keeps only the first or last value, or joins them with commas, loses the others.',
    fix: 'Verify the raw body, which keeps repeated parameters.',
    fixes: {
      ...first,
      lambda: 'Use the raw body of the event, not an object with one value per name.',
    },
  },
  params_plus_as_space: {
    title: 'The form was decoded twice, or not at all',
    symptom: 'Phone numbers begin with a space instead of "+", or values still hold %20.',
    reason:
      'In a form, + means a space and %2B means a plus. Decoding twice turns every plus into a space. Not decoding keeps the escapes. Twilio signs values that are decoded once.',
    fix: 'Decode the form exactly once: pass the raw body.',
    fixes: {
      ...first,
      lambda: 'Pass the event unchanged. Decode the body from Base64 only if isBase64Encoded is true.',
    },
  },
  params_nested: {
    title: 'Parameter names became objects',
    symptom: 'Parameters with brackets or dots in their names are refused.',
    reason:
      'Parsers such as qs turn a[b]=1 into { a: { b: 1 } }, and Media[0]=… into an array. PHP turns a dot into an underscore. Twilio signed the names that it sent.',
    fix: 'Verify the raw body, or parse it without nesting: express.urlencoded({ extended: false }).',
    fixes: {
      ...first,
      express: 'Put the guard before express.urlencoded, or use extended: false with verify: captureRawBody.',
      firebase:
        'Change nothing in the adapter: it reads req.rawBody. In your own code, parse req.rawBody instead of req.body.',
    },
  },
  params_null: {
    title: 'Blank values became null',
    symptom: 'Values are null, "null" or "undefined", but Twilio sent a blank.',
    reason:
      'Middleware (Laravel’s ConvertEmptyStringsToNull, ORMs, mappers) turns blanks into null. A template or String() then turns null into a word.',
    fix: 'Verify before any middleware that turns blank values into null, on the raw body.',
    fixes: first,
  },
  params_missing: {
    title: 'A parameter is missing, or one was added',
    symptom:
      'The app checks a fixed list of parameters, or the parameters include its own, such as a CSRF token or a session id.',
    reason:
      'Twilio signs every parameter that it sends, and adds new ones without notice. A fixed list breaks then. Twilio never signs parameters that the app adds.',
    fix: 'Pass every parameter that Twilio sent and no other: pass the raw body.',
    fixes: {
      ...first,
      nest: 'Set rawBody: true. A ValidationPipe with whitelist removes every parameter that the DTO does not name.',
    },
  },
}
