"""The legacy API as a tuned FastAPI application, for comparison.

It has the 16 operations, SQLite in WAL mode with synchronous=FULL, hot routes as coroutines without response models,
ujson, uvloop and httptools. Its chat is a bare generator: it has no log, no resume and no checkpoint.

Run it with `python3 app.py PORT DATABASE`.
"""

import asyncio
import sys
import uuid
from datetime import datetime, timezone

import ujson
import uvicorn
from fastapi import FastAPI, File, HTTPException, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import (
    Column, Float, ForeignKey, Integer, LargeBinary, MetaData, String, Table, create_engine, event,
    delete, insert, select, update,
)

port, database = int(sys.argv[1]), sys.argv[2]
engine = create_engine(f"sqlite:///{database}", connect_args={"check_same_thread": False})


@event.listens_for(engine, "connect")
def set_pragmas(connection, _record):
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


metadata = MetaData()
sessions = Table(
    "sessions", metadata,
    Column("id", Integer, primary_key=True), Column("user_id", String, index=True), Column("title", String),
    Column("feature_name", String), Column("provider_name", String), Column("model_name", String),
    Column("system_prompt", String), Column("created_at", String), Column("updated_at", String),
    Column("sync_workspace_id", String),
)
messages = Table(
    "messages", metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), index=True),
    Column("sender", String), Column("content", String), Column("reasoning_content", String),
    Column("status", String), Column("token_count", Integer), Column("created_at", String),
    Column("audio", LargeBinary), Column("audio_type", String),
)
nodes = Table(
    "nodes", metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("node_id", String, primary_key=True), Column("status", String), Column("last_sync", String),
    Column("percentage", Float),
)
metadata.create_all(engine)
connection = engine.connect()
# One connection and one thread: a statement takes less time than handing it to another thread.
app = FastAPI()
cancelled: set[int] = set()


class UjsonResponse(Response):
    media_type = "application/json"

    def render(self, content):
        return ujson.dumps(content, ensure_ascii=False, escape_forward_slashes=False).encode()


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def attached(session_ids):
    rows = connection.execute(select(nodes).where(nodes.c.session_id.in_(session_ids))).all()
    found = {id: [] for id in session_ids}
    for row in rows:
        found[row.session_id].append(row)
    return found


def session_json(row, own_nodes):
    return {
        "id": row.id, "user_id": row.user_id, "title": row.title, "feature_name": row.feature_name,
        "provider_name": row.provider_name, "model_name": row.model_name, "created_at": row.created_at,
        "updated_at": row.updated_at, "sync_workspace_id": row.sync_workspace_id,
        "attached_node_ids": [node.node_id for node in own_nodes],
        "node_sync_status": {node.node_id: node.status for node in own_nodes},
    }


def find(session_id):
    row = connection.execute(select(sessions).where(sessions.c.id == session_id)).first()
    if row is None:
        raise HTTPException(404, "Session not found")
    return row


class SessionCreate(BaseModel):
    user_id: str = "anonymous"
    title: str | None = None
    feature_name: str = "default"
    provider_name: str | None = None
    model_name: str | None = None
    system_prompt: str | None = None


class SessionUpdate(BaseModel):
    title: str | None = None
    provider_name: str | None = None
    model_name: str | None = None
    system_prompt: str | None = None


class ChatRequest(BaseModel):
    prompt: str
    provider_name: str | None = None
    model_name: str | None = None


class NodeAttachRequest(BaseModel):
    node_ids: list[str]


base = "/api/v1/sessions"


@app.post(f"{base}/")
async def create_session(body: SessionCreate):
    values = {**body.dict(), "created_at": now(), "updated_at": now()}
    with connection.begin():
        id = connection.execute(insert(sessions).values(**values)).inserted_primary_key[0]
    return UjsonResponse(session_json(find(id), []))


@app.get(f"{base}/")
async def list_sessions(user_id: str = "anonymous", feature_name: str | None = None):
    query = select(sessions).where(sessions.c.user_id == user_id)
    if feature_name is not None:
        query = query.where(sessions.c.feature_name == feature_name)
    rows = connection.execute(query.order_by(sessions.c.id.desc())).all()
    own = attached([row.id for row in rows])
    return UjsonResponse([session_json(row, own[row.id]) for row in rows])


@app.delete(f"{base}/")
def delete_sessions(user_id: str):
    with connection.begin():
        count = connection.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount
    return {"message": f"Deleted {count} sessions", "deleted_count": count}


@app.get(f"{base}/{{session_id}}")
async def get_session(session_id: int):
    return UjsonResponse(session_json(find(session_id), attached([session_id])[session_id]))


@app.patch(f"{base}/{{session_id}}")
async def update_session(session_id: int, body: SessionUpdate):
    values = {**body.dict(exclude_unset=True), "updated_at": now()}
    with connection.begin():
        connection.execute(update(sessions).where(sessions.c.id == session_id).values(**values))
    return UjsonResponse(session_json(find(session_id), attached([session_id])[session_id]))


@app.delete(f"{base}/{{session_id}}")
def delete_session(session_id: int):
    find(session_id)
    with connection.begin():
        connection.execute(delete(sessions).where(sessions.c.id == session_id))
    return {"message": "Session deleted"}


def message_json(row):
    return {
        "id": row.id, "session_id": row.session_id, "sender": row.sender, "content": row.content,
        "reasoning_content": row.reasoning_content, "tool_calls": [], "status": row.status,
        "token_count": row.token_count, "created_at": row.created_at,
        "audio_url": f"{base}/messages/{row.id}/audio" if row.audio_type else None,
    }


@app.get(f"{base}/{{session_id}}/messages")
async def get_messages(session_id: int):
    find(session_id)
    query = select(messages).where(messages.c.session_id == session_id).order_by(messages.c.id)
    rows = connection.execute(query).all()
    return UjsonResponse({"session_id": session_id, "messages": [message_json(row) for row in rows]})


@app.post(f"{base}/{{session_id}}/clear-history")
def clear_history(session_id: int):
    find(session_id)
    with connection.begin():
        count = connection.execute(delete(messages).where(messages.c.session_id == session_id)).rowcount
    return {"message": "History cleared", "deleted_count": count}


@app.get(f"{base}/{{session_id}}/tokens")
async def get_tokens(session_id: int):
    find(session_id)
    query = select(messages.c.sender, messages.c.token_count).where(messages.c.session_id == session_id)
    rows = connection.execute(query).all()
    total = sum(row.token_count or 0 for row in rows)
    output = sum(row.token_count or 0 for row in rows if row.sender == "assistant")
    return UjsonResponse({
        "token_count": total, "token_limit": 131072, "percentage": total / 1310.72, "input_tokens": total - output,
        "output_tokens": output, "reasoning_tokens": 0, "total_tokens": total,
    })


@app.post(f"{base}/{{session_id}}/cancel")
async def cancel(session_id: int):
    cancelled.add(session_id)
    return {"message": "Cancelled", "cancelled": True}


def sse(data):
    return f"data: {ujson.dumps(data, ensure_ascii=False, escape_forward_slashes=False)}\n\n"


@app.post(f"{base}/{{session_id}}/chat")
async def chat(session_id: int, body: ChatRequest):
    """Answers `Count to N.` with N words, as the demo model of the gateway does."""
    find(session_id)
    cancelled.discard(session_id)
    count = int("".join(filter(str.isdigit, body.prompt)) or 30)

    async def frames():
        with connection.begin():
            connection.execute(insert(messages).values(
                session_id=session_id, sender="user", content=body.prompt, status="complete", created_at=now()))
        words = []
        yield sse({"type": "start"})
        for n in range(1, count + 1):
            if session_id in cancelled:
                break
            words.append(f"{n} ")
            yield sse({"type": "content", "content": words[-1]})
            await asyncio.sleep(0)
        answer = "".join(words)
        with connection.begin():
            id = connection.execute(insert(messages).values(
                session_id=session_id, sender="assistant", content=answer, status="complete", created_at=now(),
                token_count=len(words))).inserted_primary_key[0]
        yield sse({"type": "finish", "message_id": id, "full_answer": answer})

    return StreamingResponse(frames(), media_type="text/event-stream")


@app.post(f"{base}/{{session_id}}/nodes")
def attach_nodes(session_id: int, body: NodeAttachRequest):
    find(session_id)
    with connection.begin():
        for node_id in body.node_ids:
            connection.execute(insert(nodes).prefix_with("OR IGNORE").values(
                session_id=session_id, node_id=node_id, status="pending"))
        connection.execute(update(sessions).where(sessions.c.id == session_id).values(
            sync_workspace_id=str(uuid.uuid4())))
    return node_status(session_id)


def node_status(session_id):
    row = find(session_id)
    return {
        "session_id": session_id, "sync_workspace_id": row.sync_workspace_id,
        "nodes": [
            {"node_id": node.node_id, "display_name": node.node_id, "status": node.status,
             "connection": "offline", "last_sync": node.last_sync, "error": None}
            for node in attached([session_id])[session_id]
        ],
    }


@app.get(f"{base}/{{session_id}}/nodes")
async def get_nodes(session_id: int):
    return UjsonResponse(node_status(session_id))


@app.delete(f"{base}/{{session_id}}/nodes/{{node_id}}")
def detach_node(session_id: int, node_id: str):
    with connection.begin():
        connection.execute(delete(nodes).where(nodes.c.session_id == session_id, nodes.c.node_id == node_id))
    return {"message": "Node detached"}


@app.post(f"{base}/messages/{{message_id}}/audio")
async def upload_audio(message_id: int, file: UploadFile = File(...)):
    values = {"audio": await file.read(), "audio_type": file.content_type}
    with connection.begin():
        connection.execute(update(messages).where(messages.c.id == message_id).values(**values))
    return {"message": "Audio uploaded", "audio_url": f"{base}/messages/{message_id}/audio"}


@app.get(f"{base}/messages/{{message_id}}/audio")
def get_audio(message_id: int):
    row = connection.execute(select(messages).where(messages.c.id == message_id)).first()
    if row is None or row.audio is None:
        raise HTTPException(404, "Audio not found")
    return Response(row.audio, media_type=row.audio_type)


class Seed(BaseModel):
    """What the gateway answers for the same requests, so that both have the same rows."""

    sessions: list[dict]
    messages: list[dict]


@app.post("/seed")
def seed(body: Seed):
    columns = set(sessions.c.keys())
    with connection.begin():
        for item in body.sessions:
            connection.execute(insert(sessions).values({k: v for k, v in item.items() if k in columns}))
        columns = set(messages.c.keys())
        for item in body.messages:
            connection.execute(insert(messages).values({k: v for k, v in item.items() if k in columns}))
    return {"message": "Seeded"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", access_log=False,
                log_level="warning")
