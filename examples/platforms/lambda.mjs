import { twilioWebhook } from 'tollgate/lambda'

const answer = () => ({ statusCode: 200, headers: { 'content-type': 'text/xml' }, body: '<Response/>' })

// #region api-gateway
// export const handler = apiGateway
export const apiGateway = twilioWebhook({ publicUrl: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com' }, answer)
// #endregion

// #region api-mapping
// export const handler = apiMapping
export const apiMapping = twilioWebhook({ publicUrl: 'https://api.example.com/twilio' }, answer)
// #endregion
