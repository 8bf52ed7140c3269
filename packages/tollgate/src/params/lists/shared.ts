/** Names that several kinds begin with; a list takes them in by `...call`. */
export const sharedLists = {
  // https://www.twilio.com/docs/voice/twiml#request-parameters. What that page does not promise has a question mark.
  call: [
    'Called? ToState? CallerCountry? Direction CallerState? ToZip? CallSid To CallerZip? ToCountry? ApiVersion',
    'CalledZip? CalledCity? CallStatus From AccountSid CalledCountry? CallerCity? ToCity? FromCountry? Caller?',
    'FromCity? CalledState? FromZip? FromState? ForwardedFrom? CallerName? ParentCallSid?',
  ],
} as const
