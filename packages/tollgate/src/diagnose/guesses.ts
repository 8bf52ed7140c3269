/** What a lost parameter may have held, where others tell. */
export const guesses: Readonly<
  Record<string, (get: (name: string) => string | undefined) => readonly (string | undefined)[]>
> = {
  SmsSid: (get) => [get('MessageSid'), get('SmsMessageSid')],
  SmsMessageSid: (get) => [get('MessageSid'), get('SmsSid')],
  MessageSid: (get) => [get('SmsSid'), get('SmsMessageSid')],
  To: (get) => [get('Called')],
  Called: (get) => [get('To')],
  From: (get) => [get('Caller'), get('WaId') && `whatsapp:+${get('WaId')}`],
  Caller: (get) => [get('From')],
  WaId: (get) => [get('From')?.replace(/^whatsapp:\+/, '')],
  ApiVersion: () => ['2010-04-01'],
  NumMedia: () => ['0', '1'],
  NumSegments: () => ['1', '2', '3'],
  ReferralNumMedia: () => ['0'],
  SmsStatus: (get) => [get('MessageStatus'), 'received', 'receiving'],
  MessageStatus: (get) => [get('SmsStatus'), 'delivered', 'sent', 'queued', 'failed', 'undelivered', 'read'],
  Direction: () => ['inbound', 'outbound-api', 'outbound-dial'],
  CallStatus: () => ['ringing', 'in-progress', 'completed', 'initiated', 'busy', 'no-answer', 'failed', 'canceled'],
  MessageType: () => ['text', 'image', 'button', 'location'],
  RetryCount: () => ['0'],
  Source: () => ['SMS', 'SDK', 'API', 'WHATSAPP'],
  CallbackSource: () => ['call-progress-events'],
  SequenceNumber: () => ['0', '1', '2', '3', '4'],
  RecordingSource: () => ['RecordVerb', 'DialVerb', 'OutboundAPI', 'StartCallRecordingAPI', 'Conference'],
  RecordingChannels: () => ['1', '2'],
  RecordingStatus: () => ['completed', 'in-progress', 'absent'],
  RecordingTrack: () => ['both', 'inbound', 'outbound'],
  ErrorCode: () => ['0', '30003', '30005', '30006', '30007', '30008'],
  PayloadType: () => ['application/json'],
  Level: () => ['ERROR', 'WARNING'],
  Digits: () => ['1', '2', '3', '0', '9', '*', '#'],
  FinishedOnKey: () => ['#', '*', ''],
  msg: () => ['Gather End'],
  Confidence: () => ['0.0'],
  Language: () => ['en-US'],
  AnsweredBy: () => ['human', 'machine_start', 'unknown'],
  DialBridged: () => ['true', 'false'],
  StirVerstat: () => ['TN-Validation-Passed-A', 'TN-Validation-Passed-B', 'TN-Validation-Passed-C'],
  Muted: () => ['false', 'true'],
  Hold: () => ['false', 'true'],
  Coaching: () => ['false', 'true'],
  StartConferenceOnEnter: () => ['true', 'false'],
  EndConferenceOnExit: () => ['false', 'true'],
  ToCountry: (get) => [get('CalledCountry'), 'US', get('FromCountry')],
  CalledCountry: (get) => [get('ToCountry'), 'US'],
  FromCountry: (get) => [get('CallerCountry'), 'US', get('ToCountry')],
  CallerCountry: (get) => [get('FromCountry'), 'US'],
  ...mirror('To', 'Called'),
  ...mirror('From', 'Caller'),
}

function mirror(
  one: string,
  other: string,
): Record<string, (get: (name: string) => string | undefined) => (string | undefined)[]> {
  return Object.fromEntries(
    ['State', 'City', 'Zip'].flatMap((place) => [
      [`${one}${place}`, (get: (name: string) => string | undefined) => [get(`${other}${place}`)]],
      [`${other}${place}`, (get: (name: string) => string | undefined) => [get(`${one}${place}`)]],
    ]),
  )
}
