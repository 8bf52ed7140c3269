import type { LambdaEvent } from 'tollgate/lambda'
import { client, fromHost, type Platform, query } from './platforms.ts'

const apiHost = 'a1b2c3d4e5.execute-api.us-east-1.amazonaws.com'

/** Makes an event of an HTTP API or a Function URL. */
function httpEvent(host: string, rawPath: string): LambdaEvent {
  return {
    version: '2.0',
    rawPath,
    rawQueryString: query.slice(1),
    headers: { host, 'x-forwarded-port': '443' },
    requestContext: { http: { method: 'POST', sourceIp: client } },
  }
}

export const apiGateways: readonly Platform[] = [
  {
    name: 'API Gateway, HTTP API with a stage',
    sources: ['https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html'],
    url: `https://${apiHost}/prod/sms${query}`,
    arrival: { as: 'lambda', event: httpEvent(apiHost, '/prod/sms'), headers: {} },
    example: ['lambda.mjs', 'apiGateway'],
    without: { 'the right path': { publicUrl: `https://${apiHost}/prod` } },
  },
  {
    name: 'API Gateway, HTTP API behind an API mapping',
    // "rawPath does not provide the API mapping value."
    sources: ['https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html'],
    url: `https://api.example.com/twilio/sms${query}`,
    arrival: { as: 'lambda', event: httpEvent('api.example.com', '/sms'), headers: {} },
    example: ['lambda.mjs', 'apiMapping'],
    without: { 'the mapping': { publicUrl: 'https://api.example.com' }, 'a public URL': fromHost('api.example.com') },
  },
  {
    name: 'API Gateway, REST API with a stage',
    sources: [
      'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html',
      'https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html',
    ],
    // The query arrives decoded, so the signed URL must be encoded as by encodeURIComponent.
    url: `https://${apiHost}/prod/sms?step=1&note=it's%20%7C%2F`,
    arrival: {
      as: 'lambda',
      event: {
        httpMethod: 'POST',
        path: '/sms',
        multiValueQueryStringParameters: { step: ['1'], note: ["it's |/"] },
        headers: { Host: apiHost, 'X-Forwarded-Port': '443' },
        requestContext: { path: '/prod/sms', identity: { sourceIp: client } },
      },
      headers: {},
    },
    example: ['lambda.mjs', 'apiGateway'],
    without: { 'the right path': { publicUrl: `https://${apiHost}/prod` } },
  },
]
