#!/usr/bin/env bash
# Usage: URL=http://localhost:8000 TOKEN=… chat.sh SESSION PROMPT
# Prints the frames of the answer. Resumes after a lost connection behind the last frame.
set -u
chat="$URL/api/v1/sessions/$1/chat"
body=$(printf '{"prompt": "%s"}' "$2")
last=''
ask() {
  if [ -z "$last" ]; then
    curl -sN --http1.1 "$chat" -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d "$body"
  else
    curl -sN --http1.1 "$chat" -H "authorization: Bearer $TOKEN" -H "last-event-id: $last"
  fi
}
for _attempt in 1 2 3 4 5; do
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      'id: '*) last=${line#id: } ;;
      'data: {"type":"finish"'* | 'data: {"type":"cancelled"'* | 'data: {"type":"error"'*)
        echo "$last ${line#data: }"
        exit 0
        ;;
      'data: '*) echo "$last ${line#data: }" ;;
      '{"detail"'*)
        echo "$line" >&2
        exit 1
        ;;
    esac
  done < <(ask)
  sleep 0.2
done
exit 1
