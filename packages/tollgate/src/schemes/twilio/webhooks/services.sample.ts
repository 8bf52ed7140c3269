import { type Sample, sampleAccountSid } from './row.ts'
import type { services } from './services.ts'

/**
 * The samples of TaskRouter, Flex, Sync, the debugger, Proxy, Verify, regulatory bundles and usage
 * triggers.
 */
export const servicesSamples: Readonly<Record<keyof typeof services, Sample>> = {
  'taskrouter.event': {
    params: {
      EventType: 'reservation.created',
      AccountSid: sampleAccountSid,
      WorkspaceSid: 'WS65bf17a7dbb07996256f9e6df19241a1',
      WorkspaceName: 'Support',
      EventDescription: 'Reservation created',
      ResourceType: 'reservation',
      ResourceSid: 'WR625b90c2a31666ac5e23ce7c0bff3adb',
      Timestamp: '1795515330',
      TimestampMs: '1795515330123',
      Sid: 'EVb2c07736f033ebbc0b4b79ba53bc2f0f',
      TaskSid: 'WTbfdd7cb2b4349348018f022234bf8d1e',
      TaskAttributes: '{"selected_language":"es","from":"+14155550142"}',
      TaskAssignmentStatus: 'reserved',
      WorkflowSid: 'WWff6739bb610289e8ba1c18f702efc435',
      WorkerSid: 'WK2ab20e79118d268061c8a988d360071e',
      WorkerName: 'josé',
      WorkerAttributes: '{"languages":["en","es"]}',
    },
  },
  'taskrouter.assignment': {
    params: {
      Timestamp: '1795515330',
      AccountSid: sampleAccountSid,
      WorkspaceSid: 'WS65bf17a7dbb07996256f9e6df19241a1',
      WorkflowSid: 'WWff6739bb610289e8ba1c18f702efc435',
      TaskQueueSid: 'WQ35cf81f931c0b6a7df50a9c7401fe637',
      WorkerSid: 'WK2ab20e79118d268061c8a988d360071e',
      WorkerName: 'josé',
      WorkerAttributes: '{"languages":["en","es"],"contact_uri":"client:jose"}',
      TaskSid: 'WTbfdd7cb2b4349348018f022234bf8d1e',
      TaskAge: '12',
      TaskPriority: '0',
      TaskAttributes: '{"selected_language":"es"}',
      ReservationSid: 'WR625b90c2a31666ac5e23ce7c0bff3adb',
    },
  },
  'flex.interaction': {
    params: {
      EventType: 'onInteractionCreated',
      AccountSid: sampleAccountSid,
      InstanceSid: 'GO1f0c7d5b9a3e48626d8b0c4e7f9a1b3d',
      InteractionSid: 'KD7b9d1f3a5c0e48724a6c8e0b2d4f6a81',
      MediaChannelSid: 'CHe36fe09eceee9fa8f63747109d31cac5',
      MediaChannelType: 'sms',
    },
  },
  sync: {
    params: {
      AccountSid: sampleAccountSid,
      EventType: 'document_updated',
      Identity: 'system',
      ServiceSid: 'IS4d6f8a0c2e1b47535b7d9f1a3c5e7092',
      DocumentData: '{"status":"café open"}',
      DocumentRevision: '2',
      DocumentSid: 'ET0a2c4e6f8b1d43759c7e5a3b1d9f8062',
      DocumentUniqueName: 'opening-hours',
    },
  },
  'debugger.event': {
    contentType: 'application/x-www-form-urlencoded; charset=utf-8',
    params: {
      AccountSid: sampleAccountSid,
      Level: 'ERROR',
      ParentAccountSid: '',
      Payload:
        '{"resource_sid":"CAc93bf9a243a391a65da5b60116ee9a5c","service_sid":null,"error_code":"11200","more_info":{"msg":"An attempt to retrieve content from https://example.com/x returned the HTTP status code 404","Msg":"An attempt to retrieve content from https://example.com/x returned the HTTP status code 404","sourceComponent":"12000","ErrorCode":"11200","httpResponse":"404","url":"https://example.com/x","LogLevel":"ERROR"},"webhook":{"type":"application/json","request":{"url":"https://example.com/x","method":"POST","headers":{},"parameters":{}},"response":{"status_code":404,"headers":{},"body":""}}}',
      PayloadType: 'application/json',
      Sid: 'NOe15a8caf7456aae79f4cb4428cf17e05',
      Timestamp: '2026-11-24T10:15:30.123Z',
    },
  },
  'proxy.interaction': {
    params: {
      interactionSid: 'KI3210f4392c6eb3bb2a552899209bd238',
      interactionAccountSid: sampleAccountSid,
      interactionServiceSid: 'KSd40cf2f959aedb6c276a6a095b83768c',
      interactionSessionSid: 'KC59a95895794286df049a34287bb715ae',
      interactionType: 'Message',
      interactionData: '{"body":"On my way"}',
      interactionDateCreated: '2026-11-24T10:15:30Z',
      interactionDateUpdated: '2026-11-24T10:15:31Z',
      inboundParticipantSid: 'KP6a834860303c66545c36522d142f655a',
      inboundResourceSid: 'SMd36c0364e3842955b2c8f86da3bd8ad6',
      inboundResourceStatus: 'received',
      inboundResourceType: 'message',
      inboundResourceUrl: '',
      outboundParticipantSid: 'KP40b8512909f14da9220cc5a1b959dcc6',
      outboundResourceSid: 'SM02d8f6ca7280eb4246063b5af318680d',
      outboundResourceStatus: 'sent',
      outboundResourceType: 'message',
      outboundResourceUrl: '',
    },
  },
  'verify.challenge': {
    params: {
      type: 'challenge.approved',
      account_sid: sampleAccountSid,
      service_sid: 'VAcdf49a0f7841602c6de289f75df685ec',
      entity_sid: 'YE50484d9dbd7689c682cb2db90f1e05ff',
      entity_identity: 'ff483d1ff591898a9942916050d2ca3f',
      factor_sid: 'YF977e3ec0bc0cb189922a3317f9b04fe7',
      factor_type: 'push',
      factor_friendly_name: 'Alice’s phone',
      challenge_sid: 'YCa443c05ca628fe4b9f5d199408211401',
      challenge_details: '{"message":"Login?","fields":[]}',
      uuid: '45210da8-32f9-4268-a945-7a65e9e7c4d0',
    },
  },
  'verify.factor': {
    params: {
      type: 'factor.verified',
      account_sid: sampleAccountSid,
      service_sid: 'VAcdf49a0f7841602c6de289f75df685ec',
      entity_sid: 'YE50484d9dbd7689c682cb2db90f1e05ff',
      entity_identity: 'ff483d1ff591898a9942916050d2ca3f',
      factor_sid: 'YF977e3ec0bc0cb189922a3317f9b04fe7',
      factor_type: 'push',
      factor_friendly_name: 'Alice’s phone',
      uuid: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d',
    },
  },
  'regulatory.bundle': {
    params: {
      bodySHA256: [
        '9f66cb7c00ce040168aa5627df84c14750bfdf69ca7bb31b7080f3167703c2e6',
        '9f66cb7c00ce040168aa5627df84c14750bfdf69ca7bb31b7080f3167703c2e6',
      ],
      AccountSid: sampleAccountSid,
      BundleSid: 'BU57f1d7bf3e82b38b1e18fa92a7fb86ca',
      Status: 'pending-review',
      FailureReason: '',
    },
  },
  'usage.trigger': {
    params: {
      AccountSid: sampleAccountSid,
      UsageTriggerSid: 'UT33c6aeeba34e48f38d6899ea5b765ad4',
      DateFired: 'Tue, 24 Nov 2026 10:15:30 +0000',
      Recurring: 'monthly',
      UsageCategory: 'totalprice',
      TriggerBy: 'price',
      TriggerValue: '50.00',
      CurrentValue: '50.02',
      UsageRecordUri:
        '/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Usage/Records/Monthly.json?Category=totalprice',
      IdempotencyToken: 'UT33c6aeeba34e48f38d6899ea5b765ad4-FIRES-2026-11-24',
    },
  },
}
