# Flask with Debian's python3-twilio, as Twilio's guide for Flask describes it.
import os

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator

app = Flask(__name__)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
public = os.environ["PUBLIC_URL"]


@app.route("/sms", methods=["GET", "POST"])
def sms():
    query = request.query_string.decode()
    url = public + ("?" + query if query else "")
    params = request.get_data(as_text=True) if request.is_json else request.form
    if not validator.validate(url, params, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    return Response("<Response/>", mimetype="text/xml")


app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
