import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `query_${string}`>

/** Changes of the query. */
export const queryCauses: Readonly<Record<Id, CauseRow>> = {
  query_missing: {
    title: 'The query is lost',
    symptom: 'URLs with a query are refused. URLs without one pass.',
    reason:
      'A rewrite or a redirect dropped the query, or the app passes only the path. Twilio signs the URL including its query.',
    fix: 'Pass the whole request target as it arrived, including the query.',
    fixes: {
      nginx: 'Append $is_args$args in rewrites and in a proxy_pass with variables.',
      apache: 'Add the flag QSA to RewriteRule.',
      lambda: 'Pass the event on unchanged: rawQueryString, or the query maps, hold the query.',
      hono: 'Pass c.req.url, not c.req.path.',
      koa: 'Pass ctx.originalUrl, not ctx.path.',
      express: 'Pass req.originalUrl, not req.path.',
    },
  },
  query_extra: {
    title: 'Something was added to the query',
    symptom: 'The app sees parameters that you did not configure, such as those of a router or a tracker.',
    reason:
      'Routers add the parts of a path to the query, and platforms add bypass and cache parameters. Twilio did not sign them.',
    fix: 'Check the URL that Twilio requested, before anything adds to its query.',
    fixes: {
      vercel:
        'Avoid rewrites that turn path parameters into query parameters, or return the requested URL from "signedUrl".',
      next: 'Use a separate route instead of a rewrite with parameters.',
      nginx: 'Check rewrite and try_files: nginx adds the text after their "?" to the query.',
      azure: 'Put the function key into the URL that you configure at Twilio (?code=…): then Twilio signs it.',
    },
  },
  query_order: {
    title: 'The query in another order',
    symptom: 'Queries with two or more parameters are refused. Queries with one pass.',
    reason:
      'A framework that parses the query and writes it again may sort it. Users also report that Twilio sends some callbacks with a sorted query but signs the unsorted one.',
    fix: 'Pass the raw query instead of one that was parsed and written again.',
    fixes: {
      alb: 'Write the parameters of the configured URL in alphabetical order: the load balancer passes a map to Lambda.',
      lambda: 'Use HTTP APIs or Function URLs, whose rawQueryString keeps the order.',
      cloudflare: 'Turn "Query String Sort" off for this path.',
    },
  },
  query_encoding: {
    title: 'The query was re-encoded',
    symptom: 'Queries with spaces, "+", ":" or "@" are refused.',
    reason:
      'A space may be written as + or as %20, and ":" as itself or as %3A. Both mean the same, but their signatures differ. A platform that decodes and encodes the query chooses one.',
    fix: 'Pass the raw query undecoded. If the platform keeps no raw query, set "urlIsNormalized".',
    fixes: {
      next: 'Write the query in the console as new URLSearchParams writes it: Next encodes it that way.',
      lambda: 'Use HTTP APIs or Function URLs. REST APIs decode the query.',
      nginx: 'Use $request_uri or $args unchanged, without set or rewrite.',
    },
  },
  query_counted_as_params: {
    title: 'Query parameters counted twice',
    symptom: 'Requests whose URL has a query are refused. GET webhooks are always refused.',
    reason:
      'Twilio signs the URL with its query, and then only the parameters of a form body. A framework, or your code, may put both into one object. The query then counts twice.',
    fix: 'Pass only the parameters of the body. The signed URL already has the query.',
    fixes: {
      express: 'Pass req.body, never { ...req.query, ...req.body }. For a GET, pass {}.',
      lambda: 'Pass the body’s parameters, not queryStringParameters. For a GET, pass {}.',
    },
  },
}
