/** SMS, MMS, WhatsApp and RCS. */
export const messaging = {
  // A WhatsApp message to your number. For a user who hides the number behind a username, `From` is
  // an id such as `whatsapp:US.1A2B3C`, and `WaId` may be missing. `ExternalUserId`, `Username`,
  // `MessageType`, `ButtonType`, `ChannelMetadata`, `InteractiveData` and `FlowData` are in
  // captures only.
  // https://www.twilio.com/docs/messaging/guides/webhook-request#whatsapp-specific-parameters (2026-11)
  'whatsapp.inbound': {
    rule: 'MessageSid SmsStatus=received|receiving From=whatsapp:*',
    text: 'Body',
    neverRepeats: true,
    parameters: [
      'ExternalUserId? Username? SmsMessageSid MediaContentType{N}? NumMedia ProfileName? MessageType? SmsSid WaId?',
      'SmsStatus Body ButtonText? ButtonPayload? ButtonType? OriginalRepliedMessageSid? OriginalRepliedMessageSender?',
      'Latitude? Longitude? Address? Label? Forwarded? FrequentlyForwarded? ReferralBody? ReferralHeadline?',
      'ReferralSourceId? ReferralSourceType? ReferralSourceUrl? ReferralMediaId? ReferralMediaContentType?',
      'ReferralMediaUrl? ReferralCtwaClid? To NumSegments ReferralNumMedia? MessageSid AccountSid',
      'MessagingServiceSid? ChannelMetadata? InteractiveData? FlowData? From MediaUrl{N}? OptOutType? ApiVersion?',
      'ErrorCode? ErrorUrl?',
    ],
  },
  // An RCS message to your agent. Twilio has no separate list: this is the list of a message, with
  // buttons and location.
  // https://www.twilio.com/docs/messaging/guides/webhook-request (2026-11)
  // https://www.twilio.com/docs/rcs/send-an-rcs-message (2026-11)
  'rcs.inbound': {
    rule: 'MessageSid SmsStatus=received|receiving From=rcs:* !MessageStatus',
    text: 'Body',
    neverRepeats: true,
    parameters: [
      'SmsMessageSid MediaContentType{N}? NumMedia MessageType? SmsSid SmsStatus Body ButtonText? ButtonPayload?',
      'Latitude? Longitude? Address? Label? To NumSegments MessageSid AccountSid MessagingServiceSid?',
      'ChannelMetadata? From MediaUrl{N}? OptOutType? ApiVersion? ErrorCode? ErrorUrl?',
    ],
  },
  // An SMS or MMS to your number. `SmsStatus`, `ApiVersion`, `AddOns`, `OtherRecipients0` and
  // `ReferralNumMedia` are in captures only. `ErrorCode` and `ErrorUrl` are sent to a fallback URL.
  // https://www.twilio.com/docs/messaging/guides/webhook-request (2026-11)
  'message.inbound': {
    rule: 'MessageSid SmsStatus=received|receiving !MessageStatus',
    text: 'Body',
    neverRepeats: true,
    parameters: [
      'ToCountry? MediaContentType{N}? ToState? SmsMessageSid NumMedia ToCity? FromZip? SmsSid FromState?',
      'SmsStatus FromCity? Body FromCountry? To MessagingServiceSid? ToZip? NumSegments MessageSid AccountSid',
      'From MediaUrl{N}? OtherRecipients{N}? AddOns? OptOutType? ReferralNumMedia? ApiVersion? ErrorCode? ErrorUrl?',
    ],
  },
  // The status of a message that you sent. `From` is missing until a Messaging Service has chosen a
  // sender. `ChannelToAddress` is in captures only.
  // https://www.twilio.com/docs/messaging/guides/track-outbound-message-status (2026-11)
  'message.status': {
    rule: 'MessageSid MessageStatus',
    neverRepeats: true,
    parameters: [
      'ErrorCode? ErrorMessage? RawDlrDoneDate? SmsSid? SmsStatus? MessageStatus ChannelPrefix?',
      'ChannelInstallSid? ChannelStatusMessage? ChannelToAddress? EventType? To MessagingServiceSid? MessageSid',
      'AccountSid From? ApiVersion?',
    ],
  },
} as const
