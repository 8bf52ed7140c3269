import { type Sample, sampleAccountSid } from './row.ts'
import type { video } from './video.ts'

/** The samples of Programmable Video. */
export const videoSamples: Readonly<Record<keyof typeof video, Sample>> = {
  'video.composition': {
    params: {
      AccountSid: sampleAccountSid,
      RoomSid: 'RM0c0c9e1b2e46c701271a25e863fbc583',
      CompositionSid: 'CJ81b09cdfcaa2fa135ffea0c64a97a87f',
      StatusCallbackEvent: 'composition-available',
      Timestamp: '2026-11-24T10:45:30.123Z',
      CompositionUri: '/v1/Compositions/CJ81b09cdfcaa2fa135ffea0c64a97a87f',
      MediaUri: '/v1/Compositions/CJ81b09cdfcaa2fa135ffea0c64a97a87f/Media',
      Duration: '1234',
      Size: '4567890',
    },
  },
  'video.recording': {
    params: {
      AccountSid: sampleAccountSid,
      RecordingSid: 'RT6f2a1c8e9d7b4053a1c9e8d7f6b5a432',
      Timestamp: '2026-11-24T10:30:30.123Z',
      StatusCallbackEvent: 'recording-completed',
      RoomSid: 'RM0c0c9e1b2e46c701271a25e863fbc583',
      RoomName: 'DailyStandup',
      RoomType: 'group',
      ParticipantSid: 'PAa710c83fe312da3eb8c7181f531aa942',
      SourceSid: 'MT4d2b8c0e6f1a4937b5d3c1e9f7a6b508',
      RecordingUri: '/v1/Rooms/RM0c0c9e1b2e46c701271a25e863fbc583/Recordings/RT6f2a1c8e9d7b4053a1c9e8d7f6b5a432',
      MediaUri: '/v1/Recordings/RT6f2a1c8e9d7b4053a1c9e8d7f6b5a432/Media',
      Duration: '900',
      Size: '3456789',
      Container: 'mkv',
      Codec: 'VP8',
      ParticipantIdentity: 'alice',
      TrackName: 'camera',
      OffsetFromTwilioVideoEpoch: '12345678',
      Type: 'video',
    },
  },
  'video.room': {
    params: {
      RoomStatus: 'in-progress',
      RoomType: 'group',
      RoomSid: 'RM0c0c9e1b2e46c701271a25e863fbc583',
      RoomName: 'DailyStandup',
      ParticipantStatus: 'connected',
      ParticipantIdentity: 'alice',
      SequenceNumber: '1',
      StatusCallbackEvent: 'participant-connected',
      Timestamp: '2026-11-24T10:15:30.123Z',
      ParticipantSid: 'PAa710c83fe312da3eb8c7181f531aa942',
      AccountSid: sampleAccountSid,
    },
  },
}
