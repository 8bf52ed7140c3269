define(['express', 'twilio'], function (express, twilio) {
  return express().use(twilio.webhook())
})
