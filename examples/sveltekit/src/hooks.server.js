const webhooks = ['/sms']

// `csrf.trustedOrigins` turned this check off for the whole application. Turn it on for every route
// except the webhooks.
export function handle({ event, resolve }) {
  const { request, route, url } = event
  const isForm = /^(application\/x-|multipart\/|text\/plain)/i.test(request.headers.get('content-type') ?? 'text/plain')
  const isSafe = ['GET', 'HEAD', 'OPTIONS'].includes(request.method) || request.headers.get('origin') === url.origin
  if (isForm && !isSafe && !webhooks.includes(route.id)) return new Response('Cross-site form', { status: 403 })
  return resolve(event)
}
