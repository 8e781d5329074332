"""Usage: URL=http://localhost:8000 TOKEN=… python3 chat.py SESSION PROMPT

Prints the frames of the answer. Resumes after a lost connection behind the last frame. Needs only Python.
"""
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request

session, prompt = sys.argv[1:]
chat = f"{os.environ['URL']}/api/v1/sessions/{session}/chat"
headers = {"authorization": f"Bearer {os.environ['TOKEN']}", "content-type": "application/json"}
last = None


def ask():
    if last is None:
        return urllib.request.Request(chat, json.dumps({"prompt": prompt}).encode(), headers)
    return urllib.request.Request(chat, headers={**headers, "last-event-id": last})


for _attempt in range(5):
    try:
        with urllib.request.urlopen(ask()) as answer:
            for line in answer:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    last = value
                elif field == "data":
                    print(last, value, flush=True)
                    if json.loads(value)["type"] in ("finish", "cancelled", "error"):
                        sys.exit(0)
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code} {error.read().decode()}")
    except (OSError, http.client.HTTPException):
        pass
    time.sleep(0.2)
sys.exit("The connection was lost too often.")
