import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `params_${string}`>

const first = {
  express: 'Put the guard before the middleware that changes req.body: it reads the raw body.',
  fastify: 'Guard the scope: the plugin reads the raw body before any parser or preValidation hook.',
  koa: 'Put the guard before the body parser and whatever changes ctx.request.body.',
  nest: 'Set rawBody: true, so that pipes and middleware that change the body do no harm.',
} as const

/** What parsers and middleware do to form parameters. */
export const paramsCauses: Readonly<Record<Id, CauseRow>> = {
  params_trimmed: {
    title: 'Values were trimmed',
    symptom: 'Only some messages are refused: those that begin or end with a space or a line break.',
    reason:
      'Middleware that trims input (Laravel’s TrimStrings, sanitisers, validation pipes) ran before. Twilio signs values with the white space that people typed.',
    fix: 'Verify before any middleware that trims values, on the raw body.',
    fixes: first,
  },
  params_blank_dropped: {
    title: 'Blank values were dropped',
    symptom: 'Requests of some numbers or countries are refused: those without a city or a ZIP code.',
    reason:
      'Twilio sends many parameters blank (ToCity=) and signs their names. Middleware that removes blank values removes the names too.',
    fix: 'Verify before any middleware that drops blank values, on the raw body.',
    fixes: first,
  },
  params_repeats_dropped: {
    title: 'Repeated parameters were dropped',
    symptom: 'Group messages of Conversations are refused.',
    reason:
      'Some webhooks repeat a parameter (MessagingBinding.Address), and Twilio signs each distinct value. Parsers that keep the first, the last or a comma list lose the others.',
    fix: 'Verify the raw body, in which repeated parameters are kept.',
    fixes: {
      ...first,
      lambda: 'Use the raw body of the event, not an object with one value per name.',
    },
  },
  params_plus_as_space: {
    title: 'The form was decoded twice, or not at all',
    symptom: 'Phone numbers begin with a space instead of "+", or values still hold %20.',
    reason:
      'In a form + means a space and %2B a plus. Decoding twice makes a space of every plus, and no decoding leaves the escapes in. Twilio signs values decoded once.',
    fix: 'Decode the form exactly once: hand over the raw body.',
    fixes: {
      ...first,
      lambda: 'Hand over the event as it came; decode the body from Base64 only where isBase64Encoded is true.',
    },
  },
  params_nested: {
    title: 'Parameter names became objects',
    symptom: 'Parameters with brackets or dots in their names are refused.',
    reason:
      'Parsers such as qs make { a: { b: 1 } } of a[b]=1 and an array of Media[0]=…; PHP makes an underscore of a dot. Twilio signed the names as they were sent.',
    fix: 'Verify the raw body, or parse it without nesting: express.urlencoded({ extended: false }).',
    fixes: {
      ...first,
      express: 'Put the guard before express.urlencoded, or use extended: false with verify: captureRawBody.',
      firebase: 'Nothing to do in the adapter: it reads req.rawBody. By hand, parse req.rawBody instead of req.body.',
    },
  },
  params_null: {
    title: 'Blank values became null',
    symptom: 'Values are null, "null" or "undefined" where Twilio sent a blank.',
    reason:
      'Middleware (Laravel’s ConvertEmptyStringsToNull, ORMs, mappers) turns blanks into null, and a template or String() makes a word of it.',
    fix: 'Verify before any middleware that turns blank values into null, on the raw body.',
    fixes: first,
  },
  params_missing: {
    title: 'A parameter is missing, or one was added',
    symptom:
      'The app checks a list of parameters that it knows, or its own (a CSRF token, a session id) are among them.',
    reason:
      'Twilio signs every parameter that it sends, and adds new ones without notice. A fixed list breaks on that day; what the app adds was never signed.',
    fix: 'Hand over every parameter that Twilio sent and no other: the raw body.',
    fixes: { ...first, nest: 'Set rawBody: true; a ValidationPipe with whitelist removes what the DTO does not name.' },
  },
}
