from flask import Flask, request

app = Flask(__name__)


@app.post("/sms")
def sms():
    # Only requests of Twilio arrive here. The header says what the signature covers.
    covers = request.headers["Tollgate-Verified"]
    print(f"{covers} from {request.headers.get('Tollgate-Account-Sid')}")
    return "<Response><Message>Hello</Message></Response>", {"Content-Type": "text/xml"}
