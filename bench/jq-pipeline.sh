#!/bin/sh
# base64 → jq → curl → jq, as shell examples show it, but through pipes: an argument cannot be as long as a large image.
set -eu

base64 -w0 "$1" |
  jq -Rs --arg prompt "$2" \
    '{contents: [{parts: [{text: $prompt}, {inline_data: {mime_type: "image/jpeg", data: .}}]}]}' |
  curl -sS -H 'Content-Type: application/json' --data-binary @- \
    "$GOOGLE_GEMINI_BASE_URL/v1beta/models/gemini-2.5-flash:generateContent?key=$GEMINI_API_KEY" |
  jq -er '[.candidates[0].content.parts[].text] | join("")'
