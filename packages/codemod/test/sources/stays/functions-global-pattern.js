// The global of a serverless function.
exports.handler = (context, event, callback) => {
  const { validateRequest } = Twilio
  callback(null, validateRequest(context.AUTH_TOKEN, event.request.headers['x-signature'], context.URL, event))
}
