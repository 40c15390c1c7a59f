#!/bin/sh
# The fastest there is: the JSON around the image is written by hand, so a quotation mark in the prompt would break it.
set -eu

{
  printf '{"contents":[{"parts":[{"text":"%s"},{"inline_data":{"mime_type":"image/jpeg","data":"' "$2"
  base64 -w0 "$1"
  printf '"}}]}]}'
} |
  curl -sS -H 'Content-Type: application/json' --data-binary @- \
    "$GOOGLE_GEMINI_BASE_URL/v1beta/models/gemini-2.5-flash:generateContent?key=$GEMINI_API_KEY" |
  jq -er '[.candidates[0].content.parts[].text] | join("")'
