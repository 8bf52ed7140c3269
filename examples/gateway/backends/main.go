package main

import (
	"io"
	"log"
	"net/http"
)

func sms(w http.ResponseWriter, r *http.Request) {
	// Only requests of Twilio arrive here. The header says what the signature covers.
	log.Print(r.Header.Get("Tollgate-Verified"), " from ", r.Header.Get("Tollgate-Account-Sid"))
	w.Header().Set("Content-Type", "text/xml")
	io.WriteString(w, "<Response><Message>Hello</Message></Response>")
}

func main() {
	http.HandleFunc("POST /sms", sms)
	log.Fatal(http.ListenAndServe("127.0.0.1:5000", nil))
}
