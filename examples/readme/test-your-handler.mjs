import { sampleWebhook, signRequest } from 'tollgate/testing'

const url = 'https://api.example.com/sms'
export const signed = signRequest({ url, ...sampleWebhook('message.inbound', { Body: 'Hello' }), authToken: '12345' })
