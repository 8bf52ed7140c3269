import type { FormKind } from 'tollgate/params'

/** A webhook that another project published: in a test, a log or an issue. */
export interface Published {
  readonly kind: FormKind
  /** Where it is. Files that a public index knows only by number have that number. */
  readonly source: string
  /** Its names and values. Numbers, SIDs and texts of people are replaced. */
  readonly form: string
}

export const published: readonly Published[] = [
  {
    kind: 'message.inbound',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go receiveValid',
    form: 'ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=01022&SmsSid=SM1&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&Body=Msg&FromCountry=US&To=%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=acctid&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go receiveButtonIgnored',
    form: 'ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=01022&SmsSid=SM1&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&Body=Msg&ButtonText=Confirm&FromCountry=US&To=%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=acctid&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go receiveMediaWithMsg',
    form: 'ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid=SM1&NumMedia=2&ToCity=&Body=Msg&FromZip=01022&SmsSid=SM1&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&FromCountry=US&To=%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=acctid&From=%2B14155550142&ApiVersion=2010-04-01&MediaUrl0=cat.jpg&MediaUrl1=dog.jpg',
  },
  {
    kind: 'message.inbound',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go tmsReceiveExtra',
    form: 'ToCountry=US&ToState=&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=27609&SmsSid=SM1&FromState=NC&SmsStatus=received&FromCity=RALEIGH&Body=John+Cruz&FromCountry=US&To=384387&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=acctid&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'https://github.com/zammad/zammad/blob/HEAD/test/data/twilio/inbound_sms1.json',
    form: 'ToCountry=DE&ToState=&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=&SmsSid=SM1&FromState=&SmsStatus=received&FromCity=&Body=Hello&FromCountry=DE&To=%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=AC1&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'https://github.com/codeforamerica/vita-min/blob/HEAD/spec/services/twilio_service_spec.rb',
    form: 'ToCountry=US&ToState=OH&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=95050&SmsSid=SM1&FromState=CA&SmsStatus=received&FromCity=LOS+GATOS&Body=Hello&FromCountry=US&To=%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=AC1&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'https://github.com/codeforamerica/clientcomm-rails/blob/HEAD/spec/support/twilio_helper.rb',
    form: 'ToCountry=US&ToState=CA&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=94005&SmsSid=SM1&FromState=CA&SmsStatus=received&FromCity=SAN+FRANCISCO&Body=Hello&FromCountry=US&To=%2B12025550123&ToZip=&AddOns=%7B%22status%22%3A%22successful%22%2C%22message%22%3Anull%2C%22code%22%3Anull%2C%22results%22%3A%7B%7D%7D&NumSegments=1&MessageSid=SM1&AccountSid=AC1&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'https://github.com/kevinburke/twilio-go/blob/HEAD/alert_descriptions.go',
    form: 'ToCountry=US&ToState=CA&SmsMessageSid=SM1&NumMedia=0&ToCity=BRENTWOOD&FromZip=94514&SmsSid=SM1&FromState=CA&SmsStatus=received&FromCity=BRENTWOOD&Body=Hello&FromCountry=US&To=%2B12025550123&ToZip=94514&NumSegments=1&MessageSid=SM1&AccountSid=AC1&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'https://github.com/twilio/twilio-csharp/blob/HEAD/test/Twilio.Benchmark/Program.cs',
    form: 'ToCountry=US&ToState=OH&SmsMessageSid=SM1&NumMedia=0&ToCity=UTICA&FromZip=20705&SmsSid=SM1&FromState=DC&SmsStatus=received&FromCity=BELTSVILLE&Body=Ahoy%21&FromCountry=US&To=%2B12025550123&ToZip=43037&NumSegments=1&ReferralNumMedia=0&MessageSid=SM1&AccountSid=AC1&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'index of public files, 70713743306',
    form: 'ToCountry=GB&ToState=&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=&SmsSid=SM1&FromState=&SmsStatus=received&FromCity=&Body=Ack&FromCountry=GB&To=%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=AC1&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.inbound',
    source: 'index of public files, 272247790',
    form: 'ToCountry=US&MediaContentType0=image%2Fjpeg&ToState=MI&SmsMessageSid=MM1&NumMedia=1&ToCity=UTICA&FromZip=28394&SmsSid=MM1&FromState=NC&SmsStatus=received&FromCity=VASS&Body=&FromCountry=US&To=%2B12025550123&ToZip=48316&NumSegments=1&MessageSid=MM1&AccountSid=AC1&From=%2B14155550142&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC1%2FMessages%2FMM1%2FMedia%2FME1&ApiVersion=2010-04-01',
  },
  {
    kind: 'whatsapp.inbound',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go waReceiveValid',
    form: 'ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=01022&SmsSid=SM1&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&Body=Msg&FromCountry=US&To=whatsapp%3A%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=acctid&From=whatsapp%3A%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'whatsapp.inbound',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go waReceiveBSUIDValid',
    form: 'ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=01022&SmsSid=SM1&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&Body=Msg&FromCountry=US&To=whatsapp%3A%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=acctid&From=whatsapp%3A%2B14155550142&ExternalUserId=whatsapp%3AUS.1234&ApiVersion=2010-04-01',
  },
  {
    kind: 'whatsapp.inbound',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go waReceiveFromBSUID',
    form: 'ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=01022&SmsSid=SM1&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&Body=Msg&FromCountry=US&To=whatsapp%3A%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=acctid&From=whatsapp%3AUS.1234&ExternalUserId=whatsapp%3AUS.1234&ApiVersion=2010-04-01',
  },
  {
    kind: 'whatsapp.inbound',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go waReceiveButtonValid',
    form: 'ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid=SM1&NumMedia=0&ToCity=&FromZip=01022&SmsSid=SM1&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&Body=Msg&ButtonText=Confirm&FromCountry=US&To=whatsapp%3A%2B12025550123&ToZip=&NumSegments=1&MessageSid=SM1&AccountSid=acctid&From=whatsapp%3A%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'whatsapp.inbound',
    source: 'index of public files, 13280122661',
    form: 'SmsMessageSid=SM1&NumMedia=0&ProfileName=Ada&SmsSid=SM1&WaId=14155550142&SmsStatus=received&Body=Ol%C3%A1&To=whatsapp%3A%2B12025550123&NumSegments=1&ReferralNumMedia=0&MessageSid=SM1&AccountSid=AC1&From=whatsapp%3A%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'whatsapp.inbound',
    source:
      'https://github.com/dimagi/open-chat-studio/blob/HEAD/apps/channels/tests/message_examples/twilio_messages.py',
    form: 'SmsMessageSid=SM1&NumMedia=0&ProfileName=Ada&SmsSid=SM1&WaId=14155550142&SmsStatus=received&Body=Dobroye+utro&To=whatsapp%3A%2B12025550123&NumSegments=1&ReferralNumMedia=0&MessageSid=SM1&AccountSid=AC1&From=whatsapp%3A%2B14155550142&ApiVersion=2010-04-01&MessageType=text',
  },
  {
    kind: 'message.status',
    source:
      'https://github.com/department-of-veterans-affairs/notification-api/blob/HEAD/tests/app/celery/test_process_delivery_status_result_tasks.py',
    form: 'RawDlrDoneDate=2303222338&SmsSid=SMxxx&SmsStatus=delivered&MessageStatus=delivered&To=%2B12025550123&MessageSid=SMyyy&AccountSid=ACzzz&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.status',
    source: 'https://github.com/department-of-veterans-affairs/notification-api/issues/1095',
    form: 'RawDlrDoneDate=2303092021&ErrorCode=30011&SmsSid=SMxxx&SmsStatus=failed&MessageStatus=failed&To=%2B12025550123&MessageSid=SMyyy&AccountSid=ACzzz&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.status',
    source: 'https://github.com/codeforamerica/vita-min/blob/HEAD/spec/controllers/twilio_webhooks_controller_spec.rb',
    form: 'SmsSid=SM1&SmsStatus=delivered&MessageStatus=delivered&To=%2B12025550123&MessageSid=SM1&AccountSid=AC1&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.status',
    source: 'https://github.com/nyaruka/courier/blob/HEAD/handlers/twiml/handlers_test.go tmsStatusExtra',
    form: 'SmsStatus=sent&MessageStatus=sent&To=2021&MessagingServiceSid=MG1&MessageSid=SM1&AccountSid=acctid&From=%2B14155550142&ApiVersion=2010-04-01',
  },
  {
    kind: 'message.status',
    source: 'https://github.com/opengovsg/FormSG/blob/HEAD/src/app/modules/twilio/__tests__/twilio.controller.spec.ts',
    form: 'SmsSid=12345&SmsStatus=delivered&MessageStatus=delivered&To=%2B12025550123&MessageSid=SM212312&AccountSid=AC123456&From=%2B14155550142&ApiVersion=2011-11-01',
  },
  {
    kind: 'message.status',
    source: 'https://github.com/opengovsg/FormSG/blob/HEAD/src/app/modules/twilio/__tests__/twilio.controller.spec.ts',
    form: 'SmsSid=12345&SmsStatus=failed&MessageStatus=failed&To=%2B12025550123&MessageSid=SM212312&AccountSid=AC123456&From=%2B14155550142&ApiVersion=2011-11-01&ErrorMessage=Twilio+is+down%21',
  },
  {
    kind: 'call.inbound',
    source: 'https://github.com/danielberkompas/ex_twilio/blob/HEAD/test/ex_twilio/request_validator_test.exs',
    form: 'ToState=California&CalledState=California&Direction=inbound&FromState=CA&AccountSid=AC1&Caller=%2B14155550142&CallerZip=94108&CallerCountry=US&From=%2B14155550142&FromCity=SAN+FRANCISCO&CallerCity=SAN+FRANCISCO&To=%2B12025550123&FromZip=94108&FromCountry=US&ToCity=&CallStatus=ringing&CalledCity=&CallerState=CA&CalledZip=&ToZip=&ToCountry=US&CallSid=CA1&CalledCountry=US&Called=%2B12025550123&ApiVersion=2010-04-01&ApplicationSid=AP1',
  },
  {
    kind: 'call.inbound',
    source: 'https://github.com/botman/driver-twilio/blob/HEAD/tests/TwilioVoiceDriverTest.php',
    form: 'Called=%2B12025550123&To=%2B12025550123&Caller=%2B14155550142&CallerCity=DE&CallerCountry=DE&CallerState=&CallerZip=&CalledCountry=DE&CalledZip=&CalledCity=&CalledState=&CallStatus=ringing&From=%2B14155550142&FromCountry=DE&FromZip=&FromState=&ToCity=&FromCity=&ToState=&ToZip=&ToCountry=DE&CallSid=CA1&AccountSid=AC1&Direction=inbound&ApiVersion=2010-04-01',
  },
  {
    kind: 'call.inbound',
    source: 'https://github.com/kevinburke/twilio-go/blob/HEAD/alert_descriptions.go',
    form: 'AccountSid=AC1&ApplicationSid=AP1&Caller=client%3Ajoey_ramone&CallStatus=ringing&Called=&To=&PhoneNumber=%2B12025550123&CallSid=CA1&From=client%3Ajoey_ramone&Direction=inbound&CallerID=%2B12025550123&ApiVersion=2010-04-01',
  },
  {
    kind: 'call.status',
    source: 'https://github.com/codeforamerica/vita-min/blob/HEAD/spec/controllers/twilio_webhooks_controller_spec.rb',
    form: 'Called=%2B12025550123&ToState=TX&CallerCountry=US&Direction=outbound-api&Timestamp=Mon%2C+21+Dec+2020+15%3A19%3A52+%2B0000&CallbackSource=call-progress-events&SipResponseCode=200&CallerState=CA&ToZip=77097&SequenceNumber=0&CallSid=CA1&To=%2B12025550123&CallerZip=94937&ToCountry=US&CalledZip=77097&ApiVersion=2010-04-01&CalledCity=HOUSTON&CallStatus=completed&Duration=1&From=%2B14155550142&CallDuration=11&AccountSid=AC1&CalledCountry=US&CallerCity=INVERNESS&ToCity=HOUSTON&FromCountry=US&Caller=%2B14155550142&FromCity=INVERNESS&CalledState=TX&FromZip=94937&FromState=CA',
  },
  {
    kind: 'call.status',
    source: 'https://github.com/zammad/zammad/issues/605',
    form: 'To=%2B12025550123&Called=%2B12025550123&SequenceNumber=0&AccountSid=AC1&Timestamp=Tue%2C+12+May+2015+17%3A52%3A22+%2B0000&ApiVersion=2010-04-01&ParentCallSid=CA2&Direction=outbound-dial&From=%2B14155550142&Caller=%2B14155550142&CallStatus=initiated&CallSid=CA1&CallbackSource=call-progress-events',
  },
  {
    kind: 'call.status',
    source: 'index of public files, 16962202353',
    form: 'Called=%2B12025550123&ToState=SP&CallerCountry=US&Direction=outbound-api&Timestamp=Sun%2C+25+Mar+2018+09%3A53%3A19+%2B0000&CallbackSource=call-progress-events&CallerState=NY&ToZip=&SequenceNumber=3&To=%2B12025550123&CallSid=CA1&ToCountry=BR&CallerZip=10004&CalledZip=&ApiVersion=2010-04-01&CallStatus=completed&CalledCity=S%C3%A3o+Paulo&Duration=1&From=%2B14155550142&CallDuration=49&AccountSid=AC1&CalledCountry=BR&CallerCity=NEW+YORK&ToCity=S%C3%A3o+Paulo&FromCountry=US&Caller=%2B14155550142&FromCity=NEW+YORK&CalledState=SP&FromZip=10004&AnsweredBy=human&FromState=NY',
  },
  {
    kind: 'gather.dtmf',
    source: 'https://github.com/bmlt-enabled/yap/issues/1573',
    form: 'AccountSid=AC1&ApiVersion=2010-04-01&CallSid=CA1&CallStatus=in-progress&Called=%2B12025550123&CalledCity=PONTIAC&CalledCountry=US&CalledState=MI&CalledZip=48340&Caller=%2B14155550142&CallerCity=TROY&CallerCountry=US&CallerState=MI&CallerZip=48084&Digits=1&Direction=inbound&FinishedOnKey=&From=%2B14155550142&FromCity=TROY&FromCountry=US&FromState=MI&FromZip=48084&To=%2B12025550123&ToCity=PONTIAC&ToCountry=US&ToState=MI&ToZip=48340',
  },
  {
    kind: 'regulatory.bundle',
    source: 'https://github.com/twilio/twilio-php/issues/861',
    form: 'bodySHA256=b7a80df52b4d45926de7e92a63219b4dec8e93e3527a65188d147b54c880ea9f&bodySHA256=b7a80df52b4d45926de7e92a63219b4dec8e93e3527a65188d147b54c880ea9f&AccountSid=AC1&BundleSid=BU1&Status=pending-review&FailureReason=',
  },
  {
    kind: 'conference.participant',
    source: 'https://pkg.go.dev/github.com/jon-lundy-caring/go-telecom/events',
    form: 'ConferenceSid=SID1234&FriendlyName=call-name&AccountSid=AID1234&muted=true&StatusCallbackEvent=participant-mute&Timestamp=Mon%2C+02+Jan+2006+15%3A04%3A05+-0700&CallSid=CA1234',
  },
  {
    kind: 'conference.status',
    source: 'https://pkg.go.dev/github.com/jon-lundy-caring/go-telecom/events',
    form: 'ConferenceSid=SID1234&FriendlyName=call-name&AccountSid=AID1234&StatusCallbackEvent=conference-end&Timestamp=Mon%2C+02+Jan+2006+15%3A04%3A05+-0700&CallSidEndingConference=SID1234&ParticipantLabelEndingConference=PID1234&ReasonConferenceEnded=conference-ended-via-api&Reason=ended+by+host',
  },
  {
    kind: 'video.room',
    source: 'index of public files, 21154716468',
    form: 'RoomStatus=in-progress&RoomType=group&RoomSid=RM1&RoomName=kok&ParticipantStatus=connected&ParticipantIdentity=Ada&SequenceNumber=1&StatusCallbackEvent=participant-connected&Timestamp=2025-10-27T18%3A16%3A01.876Z&ParticipantSid=PA1&AccountSid=AC1',
  },
  {
    kind: 'conversations.message',
    source: 'index of public files, 38428181074',
    form: 'Attributes=%7B%7D&EventType=onMessageAdded&DateCreated=2021-08-12T23%3A54%3A50.674Z&Index=28&MessageSid=IM1&AccountSid=AC1&Source=SDK&ClientIdentity=ada&RetryCount=0&Author=ada&ParticipantSid=MB1&Body=okay+today&ConversationSid=CH1',
  },
  {
    kind: 'conversations.message',
    source: 'index of public files, 39904707110',
    form: 'EventType=onMessageAdded&Attributes=%7B%7D&DateCreated=2021-08-10T18%3A00%3A58.111Z&Index=35&MessageSid=IM1&AccountSid=AC1&Source=SDK&ClientIdentity=ada&RetryCount=0&Author=ada&ParticipantSid=MB1&Body=two&ConversationSid=CH1',
  },
  {
    kind: 'recording.status',
    source: `index of public files, "RecordingSource: 'DialVerb'" of 2024-08-01`,
    form: 'RecordingSource=DialVerb&RecordingTrack=both&RecordingSid=RE1&RecordingUrl=https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC1%2FRecordings%2FRE1&RecordingStatus=completed&RecordingChannels=2&ErrorCode=0&CallSid=CA1&RecordingStartTime=Thu%2C+01+Aug+2024+04%3A20%3A56+%2B0000&AccountSid=AC1&RecordingDuration=53',
  },
  {
    kind: 'media-stream.status',
    source: 'index of public files, 66772879105',
    form: 'AccountSid=AC1&CallSid=CA1&StreamSid=MZ1&StreamName=ai-sales-agent&StreamEvent=stream-started&Timestamp=2026-09-07T20%3A00%3A00Z',
  },
  {
    kind: 'media-stream.status',
    source: 'index of public files, 21133424123',
    form: 'AccountSid=AC123&CallSid=CA123&StreamSid=MZ123&StreamName=test&StreamEvent=stream-started&Timestamp=2025-01-01T00%3A00%3A00Z',
  },
]
