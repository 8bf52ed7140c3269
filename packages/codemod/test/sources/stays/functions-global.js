exports.handler = (context, event, callback) => {
  const signature = event.request.headers['x-twilio-signature']
  callback(null, Twilio.validateRequest(context.AUTH_TOKEN, signature, 'https://app.example.com/sms', {}))
}
