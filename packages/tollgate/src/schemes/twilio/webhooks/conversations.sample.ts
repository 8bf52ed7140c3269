import type { conversations } from './conversations.ts'
import { type Sample, sampleAccountSid } from './row.ts'

const chatServiceSid = 'IScc5cca1dd10b40cd4319312767f1dc01'

/** The samples of Conversations. */
export const conversationsSamples: Readonly<Record<keyof typeof conversations, Sample>> = {
  'conversations.message': {
    params: {
      EventType: 'onMessageAdded',
      AccountSid: sampleAccountSid,
      ChatServiceSid: chatServiceSid,
      ConversationSid: 'CHe36fe09eceee9fa8f63747109d31cac5',
      MessageSid: 'IM8d5b7fb7530d3cc5e1cedf42977f6f2e',
      MessagingServiceSid: 'MGa3d848047095ee55ce5f6a9919b51836',
      Index: '4',
      DateCreated: '2026-11-24T10:15:30.123Z',
      Body: 'Danke, passt! 👍',
      Author: 'anna',
      ParticipantSid: 'MBac436fe03571a25326a93a877f720f15',
      Attributes: '{"topic":"billing"}',
      Source: 'SDK',
      ClientIdentity: 'anna',
      RetryCount: '0',
      Media:
        '[{"Sid":"MEa409861941ba1e38997019d9e384bacc","Filename":"Rechnung März.pdf","ContentType":"application/pdf","Size":"20481"}]',
    },
  },
  'conversations.conversation': {
    params: {
      AccountSid: sampleAccountSid,
      Attributes: '{}',
      ChatServiceSid: chatServiceSid,
      EventType: 'onConversationAdd',
      MessageBody: 'hi group',
      'MessagingBinding.Address': ['+16465550188', '+13125550107', '+16465550188'],
      'MessagingBinding.AuthorAddress': '+14155550142',
      MessagingServiceSid: 'MGa3d848047095ee55ce5f6a9919b51836',
      RetryCount: '0',
      Source: 'SMS',
      State: 'initializing',
    },
  },
  'conversations.participant': {
    params: {
      EventType: 'onParticipantAdded',
      AccountSid: sampleAccountSid,
      ChatServiceSid: chatServiceSid,
      ConversationSid: 'CHe36fe09eceee9fa8f63747109d31cac5',
      ParticipantSid: 'MBac436fe03571a25326a93a877f720f15',
      DateCreated: '2026-11-24T10:15:30.123Z',
      RoleSid: 'RL6f4a2c8e0d9b4751a3c5e7f9b1d3a5c7',
      Attributes: '{}',
      'MessagingBinding.ProxyAddress': '+12025550123',
      'MessagingBinding.Address': '+14155550142',
      'MessagingBinding.Type': 'sms',
      Source: 'API',
      RetryCount: '0',
    },
  },
  'conversations.user': {
    params: {
      EventType: 'onUserUpdated',
      AccountSid: sampleAccountSid,
      ChatServiceSid: chatServiceSid,
      UserSid: 'US5b7d9f1a3c5e4708b2d4f6a8c0e2b4d6',
      Identity: 'anna',
      FriendlyName: 'Anna Müller',
      RoleSid: 'RL6f4a2c8e0d9b4751a3c5e7f9b1d3a5c7',
      Attributes: '{"team":"billing"}',
      DateCreated: '2026-11-01T08:00:00.000Z',
      DateUpdated: '2026-11-24T10:15:30.123Z',
      isOnline: 'true',
      isNotifiable: 'false',
      Source: 'SDK',
      RetryCount: '0',
    },
  },
  'conversations.delivery': {
    params: {
      EventType: 'onDeliveryUpdated',
      AccountSid: sampleAccountSid,
      ConversationSid: 'CHe36fe09eceee9fa8f63747109d31cac5',
      ChatServiceSid: chatServiceSid,
      MessageSid: 'IM8d5b7fb7530d3cc5e1cedf42977f6f2e',
      DeliveryReceiptSid: 'DY246b214d4b7c8cf52db43849ce72b6da',
      ChannelMessageSid: 'SMd36c0364e3842955b2c8f86da3bd8ad6',
      ParticipantSid: 'MB2068d62183584b18453fdc78d123e7da',
      Status: 'undelivered',
      ErrorCode: '30003',
      DateCreated: '2026-11-24T10:15:31.000Z',
      DateUpdated: '2026-11-24T10:15:35.000Z',
    },
  },
}
