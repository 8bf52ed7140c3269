import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `query_${string}`>

/** What changes the query on its way. */
export const queryCauses: Readonly<Record<Id, CauseRow>> = {
  query_missing: {
    title: 'The query is lost',
    symptom: 'URLs with a query are refused, those without pass.',
    reason:
      'A rewrite or a redirect forgot the query, or the app hands over the path alone. Twilio signs the URL to the end of its query.',
    fix: 'Hand over the whole request target, query included, as it arrived.',
    fixes: {
      nginx: 'Append $is_args$args in rewrites and in a proxy_pass with variables.',
      apache: 'Add the flag QSA to RewriteRule.',
      lambda: 'Pass the event on as it came: rawQueryString, or the query maps, have the query.',
      hono: 'Hand over c.req.url, not c.req.path.',
      koa: 'Hand over ctx.originalUrl, not ctx.path.',
      express: 'Hand over req.originalUrl, not req.path.',
    },
  },
  query_extra: {
    title: 'Something was added to the query',
    symptom: 'The app sees parameters that nobody configured, such as those of a router or a tracker.',
    reason:
      'Routers put the parts of a path into the query, platforms add bypass and cache parameters. Twilio did not sign them.',
    fix: 'Check the URL as Twilio requested it, before anything is added to its query.',
    fixes: {
      vercel:
        'Avoid rewrites that turn path parameters into query parameters, or give the requested URL by "signedUrl".',
      next: 'Use a route of its own instead of a rewrite with parameters.',
      nginx: 'Check rewrite and try_files: what stands behind their "?" is added to the query.',
      azure: 'Configure Twilio with the function key in the URL (?code=…): then it is signed.',
    },
  },
  query_order: {
    title: 'The query in another order',
    symptom: 'Queries with two and more parameters are refused, those with one pass.',
    reason:
      'A framework that parses the query and writes it again may sort it. It has also been reported that Twilio sends some callbacks with a sorted query and signs the unsorted one.',
    fix: 'Hand over the raw query instead of one that was parsed and written anew.',
    fixes: {
      alb: 'Write the parameters of the configured URL in alphabetical order: the load balancer hands Lambda a map.',
      lambda: 'Use HTTP APIs or Function URLs, whose rawQueryString keeps the order.',
      cloudflare: 'Switch "Query String Sort" off for this path.',
    },
  },
  query_encoding: {
    title: 'The query spelled anew',
    symptom: 'Queries with spaces, "+", ":" or "@" are refused.',
    reason:
      'Space may be written as + or as %20, and ":" as itself or as %3A. They mean the same and are signed differently. Platforms that decode and encode the query choose one.',
    fix: 'Hand over the raw query undecoded; where the platform keeps none, set "urlIsNormalized".',
    fixes: {
      next: 'Write the query in the console as new URLSearchParams writes it: Next spells it so.',
      lambda: 'Use HTTP APIs or Function URLs; REST APIs hand over the query decoded.',
      nginx: 'Use $request_uri or $args as they are, without set or rewrite.',
    },
  },
  query_counted_as_params: {
    title: 'Query parameters counted twice',
    symptom: 'Requests whose URL has a query are refused, and GET webhooks always.',
    reason:
      'Twilio signs the query in the URL, and only the parameters of a form body after it. A framework, or the code around the validator, that puts both into one object has the query signed twice.',
    fix: 'Give the parameters of the body only; those of the query are signed in the URL.',
    fixes: {
      express: 'Give req.body, never { ...req.query, ...req.body }; for a GET give {}.',
      lambda: 'Give the body’s parameters, not queryStringParameters; for a GET give {}.',
    },
  },
}
