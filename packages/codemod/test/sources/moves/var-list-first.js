var twilio = require('twilio'),
    express = require('express'),
    router = express.Router();

router.post('/sms', function(req, res) {
    // This request must come from Twilio.
    if (twilio.validateExpressRequest(req, process.env.TWILIO_AUTH_TOKEN, {url: 'https://app.example.com/sms'})) {
        var twiml = new twilio.twiml.VoiceResponse();
        twiml.say('Hi! You\'ve reached us.');
        res.type('text/xml');
        res.send(twiml.toString());
    }
    else {
        res.status(403).send('you are not twilio');
    }
});

exports.app = express().use(express.urlencoded({extended: false}), router);
