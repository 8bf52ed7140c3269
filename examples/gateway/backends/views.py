from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST


# Twilio sends no CSRF token. The gateway has verified the request.
@csrf_exempt
@require_POST
def sms(request):
    print(request.headers["Tollgate-Verified"], request.headers.get("Tollgate-Account-Sid"))
    twiml = "<Response><Message>Hello</Message></Response>"
    return HttpResponse(twiml, content_type="text/xml")
