import express = require("express");
import twilio = require("twilio");

const client: twilio.Twilio = twilio("AC00000000000000000000000000000000", "token");

export const app = express();
app.use(express.urlencoded({ extended: false }));
app.post("/sms", twilio.webhook({ url: "https://app.example.com/sms" }), (_req, res) => {
  res.send(client.accountSid);
});
