/** Messages, conversations and proxied interactions. A question mark follows what is sent only sometimes. */
export const messaging = {
  'whatsapp.inbound': [
    'SmsMessageSid MediaContentType{N}? NumMedia ProfileName? MessageType? SmsSid WaId SmsStatus Body ButtonText?',
    'ButtonPayload? ButtonType? OriginalRepliedMessageSid? OriginalRepliedMessageSender? Latitude? Longitude?',
    'Address? Label? Forwarded? FrequentlyForwarded? ReferralBody? ReferralHeadline? ReferralSourceId?',
    'ReferralSourceType? ReferralSourceUrl? ReferralMediaId? ReferralMediaContentType? ReferralMediaUrl?',
    'ReferralCtwaClid? To NumSegments ReferralNumMedia? MessageSid AccountSid MessagingServiceSid? ChannelMetadata?',
    'InteractiveData? FlowData? From MediaUrl{N}? OptOutType? ApiVersion? ErrorCode? ErrorUrl?',
  ],
  'rcs.inbound': [
    'SmsMessageSid MediaContentType{N}? NumMedia MessageType? SmsSid SmsStatus Body ButtonText? ButtonPayload?',
    'Latitude? Longitude? Address? Label? To NumSegments MessageSid AccountSid MessagingServiceSid? ChannelMetadata?',
    'From MediaUrl{N}? OptOutType? ApiVersion? ErrorCode? ErrorUrl?',
  ],
  'message.inbound': [
    'ToCountry? MediaContentType{N}? ToState? SmsMessageSid NumMedia ToCity? FromZip? SmsSid FromState? SmsStatus',
    'FromCity? Body FromCountry? To MessagingServiceSid? ToZip? NumSegments MessageSid AccountSid From MediaUrl{N}?',
    'OtherRecipients{N}? AddOns? OptOutType? ApiVersion? ErrorCode? ErrorUrl?',
  ],
  'message.status': [
    'ErrorCode? ErrorMessage? RawDlrDoneDate? SmsSid? SmsStatus? MessageStatus ChannelPrefix? ChannelInstallSid?',
    'ChannelStatusMessage? ChannelToAddress? EventType? To MessagingServiceSid? MessageSid AccountSid From? ApiVersion?',
  ],
  'conversations.message': [
    'EventType AccountSid ChatServiceSid? ConversationSid? MessageSid? MessagingServiceSid? Index? DateCreated?',
    'DateUpdated? DateRemoved? ModifiedBy? Body? Author? ParticipantSid? Attributes? Source? ClientIdentity?',
    'RetryCount? Media? ChannelMetadata?',
  ],
  'conversations.conversation': [
    'AccountSid Attributes? ChatServiceSid? ConversationSid? DateCreated? DateUpdated? DateRemoved? EventType',
    'FriendlyName? UniqueName? Reason? MessageBody? MessageMedia? MessagingBinding.Address?',
    'MessagingBinding.AuthorAddress? MessagingBinding.ProxyAddress? MessagingBinding.ProjectedAddress? Media?',
    'MessagingServiceSid? ClientIdentity? RetryCount? Source? State? StateFrom? StateTo? StateUpdated?',
  ],
  'conversations.participant': [
    'EventType AccountSid ChatServiceSid? ConversationSid? ParticipantSid? DateCreated? DateUpdated? DateRemoved?',
    'Identity? RoleSid? Attributes? MessagingBinding.ProxyAddress? MessagingBinding.Address?',
    'MessagingBinding.ProjectedAddress? MessagingBinding.Type? LastReadMessageIndex? Source? ClientIdentity?',
    'RetryCount?',
  ],
  'conversations.user': [
    'EventType AccountSid ChatServiceSid? UserSid? Identity? FriendlyName? RoleSid? Attributes? DateCreated?',
    'DateUpdated? isOnline? isNotifiable? Source? ClientIdentity? RetryCount?',
  ],
  'conversations.delivery': [
    'EventType AccountSid ConversationSid ChatServiceSid? MessageSid DeliveryReceiptSid ChannelMessageSid?',
    'ParticipantSid? Status ErrorCode? DateCreated? DateUpdated?',
  ],
  'proxy.interaction': [
    'interactionSid interactionAccountSid interactionServiceSid? interactionSessionSid? interactionType?',
    'interactionData? interactionDateCreated? interactionDateUpdated? inboundParticipantSid? inboundResourceSid?',
    'inboundResourceStatus? inboundResourceType? inboundResourceUrl? outboundParticipantSid? outboundResourceSid?',
    'outboundResourceStatus? outboundResourceType? outboundResourceUrl?',
  ],
} as const
