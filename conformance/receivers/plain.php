<?php
// Plain PHP with a check written from Twilio's page about security.
$query = $_SERVER['QUERY_STRING'] ?? '';
$text = getenv('PUBLIC_URL') . ($query === '' ? '' : "?$query");
ksort($_POST);
foreach ($_POST as $name => $value) {
    $text .= $name . $value;
}
$expected = base64_encode(hash_hmac('sha1', $text, getenv('TWILIO_AUTH_TOKEN'), true));
if (!hash_equals($expected, $_SERVER['HTTP_X_TWILIO_SIGNATURE'] ?? '')) {
    http_response_code(403);
    exit;
}
header('Content-Type: text/xml');
echo '<Response/>';
