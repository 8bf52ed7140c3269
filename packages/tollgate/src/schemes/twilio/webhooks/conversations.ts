/** Conversations. */
export const conversations = {
  // A message is added, changed or removed. `RetryCount` is in captures only.
  // https://www.twilio.com/docs/conversations/conversations-webhooks (2026-11)
  'conversations.message': {
    rule: 'EventType=onMessage*',
    parameters: [
      'EventType AccountSid ChatServiceSid? ConversationSid? MessageSid? MessagingServiceSid? Index? DateCreated?',
      'DateUpdated? DateRemoved? ModifiedBy? Body? Author? ParticipantSid? Attributes? Source? ClientIdentity?',
      'RetryCount? Media? ChannelMetadata?',
    ],
  },
  // A conversation is added, changed or removed. The names depend on `EventType`. A group message
  // has several `MessagingBinding.Address`.
  // https://www.twilio.com/docs/conversations/conversations-webhooks (2026-11)
  'conversations.conversation': {
    rule: 'EventType=onConversation*',
    repeated: 'MessagingBinding.Address',
    parameters: [
      'AccountSid Attributes? ChatServiceSid? ConversationSid? DateCreated? DateUpdated? DateRemoved? EventType',
      'FriendlyName? UniqueName? Reason? MessageBody? MessageMedia? MessagingBinding.Address?',
      'MessagingBinding.AuthorAddress? MessagingBinding.ProxyAddress? MessagingBinding.ProjectedAddress? Media?',
      'MessagingServiceSid? ClientIdentity? RetryCount? Source? State? StateFrom? StateTo? StateUpdated?',
    ],
  },
  // A participant is added, changed or removed. The names depend on `EventType`.
  // https://www.twilio.com/docs/conversations/conversations-webhooks (2026-11)
  'conversations.participant': {
    rule: 'EventType=onParticipant* !InteractionSid',
    parameters: [
      'EventType AccountSid ChatServiceSid? ConversationSid? ParticipantSid? DateCreated? DateUpdated?',
      'DateRemoved? Identity? RoleSid? Attributes? MessagingBinding.ProxyAddress? MessagingBinding.Address?',
      'MessagingBinding.ProjectedAddress? MessagingBinding.Type? LastReadMessageIndex? Source? ClientIdentity?',
      'RetryCount?',
    ],
  },
  // A user is added or changed. The names depend on `EventType`.
  // https://www.twilio.com/docs/conversations/conversations-webhooks (2026-11)
  'conversations.user': {
    rule: 'EventType=onUser*',
    parameters: [
      'EventType AccountSid ChatServiceSid? UserSid? Identity? FriendlyName? RoleSid? Attributes? DateCreated?',
      'DateUpdated? isOnline? isNotifiable? Source? ClientIdentity? RetryCount?',
    ],
  },
  // The delivery receipt of a message.
  // https://www.twilio.com/docs/conversations/conversations-webhooks (2026-11)
  'conversations.delivery': {
    rule: 'EventType=onDeliveryUpdated',
    parameters: [
      'EventType AccountSid ConversationSid ChatServiceSid? MessageSid DeliveryReceiptSid ChannelMessageSid?',
      'ParticipantSid? Status ErrorCode? DateCreated? DateUpdated?',
    ],
  },
} as const
