import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { twilioWebhook as expressWebhook } from '../src/adapters/express.ts'
import { twilioWebhook as nodeWebhook } from '../src/adapters/node.ts'
import type { Accepted, Verdict, VerifierOptions } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { type SampleWebhook, type SignedRequest, sampleWebhook, signRequest } from '../src/testing/index.ts'

const publicUrl = 'https://voice.example.com'
const authToken = '0123456789abcdef0123456789abcdef'

