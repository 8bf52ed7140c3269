<?php
// Only requests of Twilio arrive here. The header says what the signature covers.
$covers = $_SERVER['HTTP_TOLLGATE_VERIFIED'];
error_log("$covers from {$_SERVER['HTTP_TOLLGATE_ACCOUNT_SID']}");
header('Content-Type: text/xml');
echo '<Response><Message>Hello</Message></Response>';
