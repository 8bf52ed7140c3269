const { Twilio, validateRequestWithBody: checkBody } = require('twilio')

const client = new Twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN)

exports.handler = async (event) => {
  const url = `https://${event.requestContext.domainName}${event.rawPath}?${event.rawQueryString}`
  if (!checkBody(process.env.TWILIO_AUTH_TOKEN, event.headers['x-twilio-signature'], url, event.body))
    return { statusCode: 403 }
  await client.messages.create({ to: '+15005550006', from: '+15005550001', body: 'got it' })
  return { statusCode: 204 }
}
