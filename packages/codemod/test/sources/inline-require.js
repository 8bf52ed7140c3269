const http = require('node:http')

http.createServer((req, res) => {
  const genuine = require('twilio').validateRequest(
    process.env.TWILIO_AUTH_TOKEN,
    req.headers['x-twilio-signature'],
    `https://app.example.com${req.url}`,
    {},
  )
  res.writeHead(genuine ? 204 : 403).end()
})
