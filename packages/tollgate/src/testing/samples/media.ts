import type { Sample } from './sample.ts'

/** Recordings, transcriptions, conferences and the two WebSocket handshakes. Invented values in the form of real ones. */
export const media: Readonly<
  Record<
    | 'recording.status'
    | 'transcription'
    | 'transcription.realtime'
    | 'conference.participant'
    | 'conference.status'
    | 'conference.announcement'
    | 'media-stream.status'
    | 'media-stream.handshake'
    | 'conversation-relay.handshake',
    Sample
  >
> = {
  'recording.status': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ['RecordingSource', 'StartCallRecordingAPI'],
      ['RecordingTrack', 'both'],
      ['RecordingSid', 'REba3a45e6e565daede1152e31db173a7d'],
      [
        'RecordingUrl',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d',
      ],
      ['RecordingStatus', 'completed'],
      ['RecordingChannels', '2'],
      ['ErrorCode', '0'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['RecordingStartTime', 'Tue, 24 Nov 2026 10:15:30 +0000'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['RecordingDuration', '11'],
    ],
  },
  transcription: {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['ApiVersion', '2010-04-01'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['CallStatus', 'completed'],
      ['Caller', '+14155550142'],
      ['Called', '+12025550123'],
      ['Direction', 'inbound'],
      ['From', '+14155550142'],
      ['To', '+12025550123'],
      ['RecordingSid', 'REba3a45e6e565daede1152e31db173a7d'],
      [
        'RecordingUrl',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d',
      ],
      ['TranscriptionSid', 'TR677e544880b8017ff8bd4c952676d0ab'],
      ['TranscriptionStatus', 'completed'],
      ['TranscriptionText', "Hi, it's Sam. Please call me back."],
      ['TranscriptionType', 'fast'],
      [
        'TranscriptionUrl',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d/Transcriptions/TR677e544880b8017ff8bd4c952676d0ab',
      ],
      [
        'url',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d',
      ],
    ],
  },
  'transcription.realtime': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ['LanguageCode', 'en-US'],
      ['TranscriptionSid', 'GT3ce637de716ef3d065b8e4aebc0cf835'],
      ['TranscriptionEvent', 'transcription-content'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['TranscriptionData', '{"transcript":"to be or not to be","confidence":0.96823084}'],
      ['Timestamp', '2026-11-24T10:15:31.456Z'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['Track', 'inbound_track'],
      ['Final', 'true'],
      ['SequenceId', '2'],
    ],
  },
  'conference.participant': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ['Coaching', 'false'],
      ['FriendlyName', 'Standup – Mötesrum'],
      ['SequenceNumber', '1'],
      ['ConferenceSid', 'CFd467551ed2053e4fae52639bb69467fd'],
      ['EndConferenceOnExit', 'false'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['StatusCallbackEvent', 'participant-join'],
      ['Timestamp', 'Tue, 24 Nov 2026 10:15:30 +0000'],
      ['StartConferenceOnEnter', 'true'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['Hold', 'false'],
      ['Muted', 'false'],
    ],
  },
  'conference.status': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ['ReasonConferenceEnded', 'participant-with-end-conference-on-exit-left'],
      ['CallSidEndingConference', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['ConferenceSid', 'CFd467551ed2053e4fae52639bb69467fd'],
      ['StatusCallbackEvent', 'conference-end'],
      ['Reason', 'Participant CAc93bf9a243a391a65da5b60116ee9a5c with endConferenceOnExit left the conference'],
      ['Timestamp', 'Tue, 24 Nov 2026 10:20:30 +0000'],
      ['SequenceNumber', '6'],
      ['FriendlyName', 'Standup'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
    ],
  },
  'conference.announcement': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ['ConferenceSid', 'CFd467551ed2053e4fae52639bb69467fd'],
      ['FriendlyName', 'Standup'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['SequenceNumber', '4'],
      ['Timestamp', 'Tue, 24 Nov 2026 10:18:30 +0000'],
      ['StatusCallbackEvent', 'announcement-end'],
      ['AnnounceUrl', 'https://example.com/announce.xml'],
    ],
  },
  'media-stream.status': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['StreamSid', 'MZ18ad3ab5a668481ce02b83e7395059f0'],
      ['StreamName', 'assistant'],
      ['StreamEvent', 'stream-started'],
      ['Timestamp', '2026-11-24T10:15:30.123Z'],
    ],
  },
  'media-stream.handshake': { method: 'GET', handshake: true, params: [] },
  'conversation-relay.handshake': {
    method: 'GET',
    handshake: true,
    params: [
      ['token', 'abc123'],
      ['lang', 'pt-BR'],
    ],
  },
}
