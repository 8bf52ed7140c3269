/**
 * One kind of resource that holds URLs of webhooks. Source: Twilio's OpenAPI files,
 * @twilio/cli-core 9.0.0, src/services/twilio-api.
 */
export interface Resource {
  /** The first word of the API's host. */
  readonly product: string
  /** Words in braces are filled from `AccountSid`, `parent` or `values`. */
  readonly path: string
  /** The property that holds the list. Without it the answer is one resource. */
  readonly list?: string
  /** The property that identifies one item. Default `sid`. */
  readonly id?: string
  /**
   * Each property with a URL, and its method: the name of a property beside it, or the method
   * itself. `a.b` is inside `a`; `a[].b` is in each item of `a`.
   */
  readonly urls: Readonly<Record<string, string>>
  /** Twilio ignores a URL if one of these properties is set. */
  readonly ignoredIf?: Readonly<Record<string, readonly string[]>>
  /** The list whose items fill the word `fills` of the path. */
  readonly parent?: Pick<Resource, 'path' | 'list' | 'id' | 'parent'> & { readonly fills: string }
  /** Words of the path or the query, each with all its values. */
  readonly values?: Readonly<Record<string, readonly string[]>>
  /** Only items with this value count. */
  readonly only?: readonly [property: string, value: string]
  /**
   * States of this type may call servers of other parties: their hosts and methods are not faults.
   */
  readonly callsOthers?: string
  /**
   * Needs a request per item, or grows with the traffic: read completely only if `--resource` names
   * it.
   */
  readonly large?: true
}

const account = '/2010-04-01/Accounts/{AccountSid}'
const voiceUrls = { voice_url: 'voice_method', voice_fallback_url: 'voice_fallback_method' }
const smsUrls = { sms_url: 'sms_method', sms_fallback_url: 'sms_fallback_method' }
const statusCallback = { status_callback: 'status_callback_method' }
const conversationUrls = { pre_webhook_url: 'method', post_webhook_url: 'method' }
const ofVoiceApplication = ['voice_application_sid', 'trunk_sid']

const studioUrls = {
  'definition.states[].properties.url': 'method',
  'definition.states[].properties.recording_status_callback_url': 'POST',
  'definition.states[].properties.recording_status_callback': 'recording_status_callback_method',
  'definition.states[].properties.status_callback': 'status_callback_method',
  'definition.states[].properties.transcription_callback_url': 'POST',
  'definition.states[].properties.wait_url': 'wait_url_method',
  'definition.states[].properties.waitUrl': 'waitUrlMethod',
}

/** Every kind of resource. To add one, add a row. */
export const resources: Readonly<Record<string, Resource>> = {
  'phone-numbers': {
    product: 'api',
    path: `${account}/IncomingPhoneNumbers.json`,
    list: 'incoming_phone_numbers',
    urls: { ...voiceUrls, ...smsUrls, ...statusCallback },
    ignoredIf: {
      voice_url: ofVoiceApplication,
      voice_fallback_url: ofVoiceApplication,
      status_callback: ofVoiceApplication,
      sms_url: ['sms_application_sid'],
      sms_fallback_url: ['sms_application_sid'],
    },
  },
  applications: {
    product: 'api',
    path: `${account}/Applications.json`,
    list: 'applications',
    urls: {
      ...voiceUrls,
      ...smsUrls,
      ...statusCallback,
      sms_status_callback: 'POST',
      message_status_callback: 'POST',
    },
  },
  'short-codes': { product: 'api', path: `${account}/SMS/ShortCodes.json`, list: 'short_codes', urls: smsUrls },
  'sip-domains': {
    product: 'api',
    path: `${account}/SIP/Domains.json`,
    list: 'domains',
    urls: { ...voiceUrls, voice_status_callback_url: 'voice_status_callback_method' },
  },
  'usage-triggers': {
    product: 'api',
    path: `${account}/Usage/Triggers.json`,
    list: 'usage_triggers',
    urls: { callback_url: 'callback_method' },
  },
  'connect-apps': {
    product: 'api',
    path: `${account}/ConnectApps.json`,
    list: 'connect_apps',
    urls: { deauthorize_callback_url: 'deauthorize_callback_method' },
  },
  'messaging-services': {
    product: 'messaging',
    path: '/v1/Services',
    list: 'services',
    urls: { inbound_request_url: 'inbound_method', fallback_url: 'fallback_method', status_callback: 'POST' },
    ignoredIf: {
      inbound_request_url: ['use_inbound_webhook_on_number'],
      fallback_url: ['use_inbound_webhook_on_number'],
    },
  },
  'link-shortening': {
    product: 'messaging',
    path: '/v1/LinkShortening/MessagingService/{MessagingServiceSid}/DomainConfig',
    parent: { path: '/v1/Services', list: 'services', fills: 'MessagingServiceSid' },
    id: 'config_sid',
    urls: { callback_url: 'POST' },
  },
  senders: {
    product: 'messaging',
    path: '/v2/Channels/Senders?Channel={Channel}',
    list: 'senders',
    values: { Channel: ['whatsapp', 'rcs'] },
    urls: {
      'webhook.callback_url': 'callback_method',
      'webhook.fallback_url': 'fallback_method',
      'webhook.status_callback_url': 'status_callback_method',
    },
  },
  'conversations-configuration': {
    product: 'conversations',
    path: '/v1/Configuration/Webhooks',
    urls: conversationUrls,
  },
  'conversations-addresses': {
    product: 'conversations',
    path: '/v1/Configuration/Addresses',
    list: 'address_configurations',
    urls: { 'auto_creation.webhook_url': 'webhook_method' },
  },
  'conversations-services': {
    product: 'conversations',
    path: '/v1/Services/{ChatServiceSid}/Configuration/Webhooks',
    parent: { path: '/v1/Services', list: 'services', fills: 'ChatServiceSid' },
    id: 'chat_service_sid',
    urls: conversationUrls,
  },
  // The list without a service has the conversations of the default service.
  conversations: {
    product: 'conversations',
    path: '/v1/Conversations/{ConversationSid}/Webhooks',
    list: 'webhooks',
    parent: { path: '/v1/Conversations', list: 'conversations', fills: 'ConversationSid' },
    urls: { 'configuration.url': 'method' },
    large: true,
  },
  'conversations-in-services': {
    product: 'conversations',
    path: '/v1/Services/{ChatServiceSid}/Conversations/{ConversationSid}/Webhooks',
    list: 'webhooks',
    parent: {
      path: '/v1/Services/{ChatServiceSid}/Conversations',
      list: 'conversations',
      fills: 'ConversationSid',
      parent: { path: '/v1/Services', list: 'services', fills: 'ChatServiceSid' },
    },
    urls: { 'configuration.url': 'method' },
    large: true,
  },
  'conversations-v2': {
    product: 'conversations',
    path: '/v2/ControlPlane/Configurations',
    list: 'configurations',
    id: 'id',
    urls: { 'statusCallbacks[].url': 'method' },
  },
  'intelligence-services': {
    product: 'intelligence',
    path: '/v2/Services',
    list: 'services',
    urls: { webhook_url: 'webhook_http_method' },
  },
  'intelligence-v3': {
    product: 'intelligence',
    path: '/v3/ControlPlane/Configurations',
    list: 'items',
    id: 'id',
    urls: { 'rules[].actions[].url': 'POST' },
  },
  'verify-services': {
    product: 'verify',
    path: '/v2/Services/{ServiceSid}/Webhooks',
    list: 'webhooks',
    parent: { path: '/v2/Services', list: 'services', fills: 'ServiceSid' },
    urls: { webhook_url: 'webhook_method' },
  },
  workspaces: {
    product: 'taskrouter',
    path: '/v1/Workspaces',
    list: 'workspaces',
    urls: { event_callback_url: 'POST' },
  },
  workflows: {
    product: 'taskrouter',
    path: '/v1/Workspaces/{WorkspaceSid}/Workflows',
    list: 'workflows',
    parent: { path: '/v1/Workspaces', list: 'workspaces', fills: 'WorkspaceSid' },
    urls: { assignment_callback_url: 'POST', fallback_assignment_callback_url: 'POST' },
  },
  // The newest revision, which may be a draft. Calls and messages run the published one.
  'studio-flows': {
    product: 'studio',
    path: '/v2/Flows/{Sid}',
    parent: { path: '/v2/Flows', list: 'flows', fills: 'Sid' },
    urls: studioUrls,
    callsOthers: 'make-http-request',
  },
  'studio-published': {
    product: 'studio',
    path: '/v2/Flows/{Sid}/Revisions/{Revision}',
    values: { Revision: ['LatestPublished'] },
    parent: { path: '/v2/Flows', list: 'flows', fills: 'Sid' },
    urls: studioUrls,
    callsOthers: 'make-http-request',
  },
  'event-sinks': {
    product: 'events',
    path: '/v1/Sinks',
    list: 'sinks',
    only: ['sink_type', 'webhook'],
    urls: { 'sink_configuration.destination': 'method' },
  },
  'byoc-trunks': {
    product: 'voice',
    path: '/v1/ByocTrunks',
    list: 'byoc_trunks',
    urls: { ...voiceUrls, status_callback_url: 'status_callback_method' },
  },
  'voice-configurations': {
    product: 'voice',
    path: '/v2/Configurations/{Type}/Default',
    values: { Type: ['Recording', 'Transcription'] },
    id: 'id',
    urls: {
      'configuration.callRecordingStatusCallback.url': 'method',
      'configuration.conferenceRecordingStatusCallback.url': 'method',
      'configuration.transcriptionStatusCallback.url': 'method',
    },
  },
  'sip-trunks': {
    product: 'trunking',
    path: '/v1/Trunks',
    list: 'trunks',
    urls: { disaster_recovery_url: 'disaster_recovery_method' },
  },
  'proxy-services': {
    product: 'proxy',
    path: '/v1/Services',
    list: 'services',
    urls: { callback_url: 'POST', intercept_callback_url: 'POST', out_of_session_callback_url: 'POST' },
  },
  'sync-services': { product: 'sync', path: '/v1/Services', list: 'services', urls: { webhook_url: 'POST' } },
  flex: {
    product: 'flex-api',
    path: '/v1/Configuration',
    id: 'flex_instance_sid',
    urls: { call_recording_webhook_url: 'POST', crm_callback_url: 'POST', crm_fallback_url: 'POST' },
  },
  'flex-flows': {
    product: 'flex-api',
    path: '/v1/FlexFlows',
    list: 'flex_flows',
    urls: { 'integration.url': 'POST' },
  },
  'composition-hooks': {
    product: 'video',
    path: '/v1/CompositionHooks',
    list: 'composition_hooks',
    urls: statusCallback,
  },
  'video-rooms': { product: 'video', path: '/v1/Rooms', list: 'rooms', urls: statusCallback, large: true },
  porting: {
    product: 'numbers',
    path: '/v1/Porting/Configuration/Webhook',
    urls: { port_in_target_url: 'POST', port_out_target_url: 'POST' },
  },
  'regulatory-bundles': {
    product: 'numbers',
    path: '/v2/RegulatoryCompliance/Bundles',
    list: 'results',
    urls: { status_callback: 'POST' },
  },
  'customer-profiles': {
    product: 'trusthub',
    path: '/v1/CustomerProfiles',
    list: 'results',
    urls: { status_callback: 'POST' },
  },
  'trust-products': {
    product: 'trusthub',
    path: '/v1/TrustProducts',
    list: 'results',
    urls: { status_callback: 'POST' },
  },
  fleets: {
    product: 'supersim',
    path: '/v1/Fleets',
    list: 'fleets',
    urls: { sms_commands_url: 'sms_commands_method', ip_commands_url: 'ip_commands_method' },
  },
  sims: {
    product: 'wireless',
    path: '/v1/Sims',
    list: 'sims',
    urls: { ...voiceUrls, ...smsUrls, commands_callback_url: 'commands_callback_method' },
  },
  'bulk-exports': {
    product: 'bulkexports',
    path: '/v1/Exports/{ResourceType}/Configuration',
    values: { ResourceType: ['Calls', 'Conferences', 'Messages', 'Participants'] },
    id: 'resource_type',
    urls: { webhook_url: 'webhook_method' },
  },
  alarms: {
    product: 'monitor',
    path: '/v2/Alarms',
    list: 'alarms',
    id: 'alertConfigSid',
    urls: { webhook: 'POST' },
  },
}

/**
 * The beta whose Rules choose the key that signs. It has no URL of a webhook, and its own reader.
 */
export const rulesName = 'webhook-rules'

export const resourceNames: readonly string[] = [...Object.keys(resources), rulesName]
