const webhooks = ['/sms']

// The check of `security.checkOrigin`, for every route except the webhooks.
export function onRequest({ request, routePattern, url }, next) {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method) || webhooks.includes(routePattern)) return next()
  const isForm = /application\/x-|multipart\/|text\/plain/i.test(request.headers.get('content-type') ?? 'text/plain')
  if (isForm && request.headers.get('origin') !== url.origin) return new Response('Cross-site form', { status: 403 })
  return next()
}
