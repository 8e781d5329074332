// @ts-expect-error The generator writes this folder: the test does it for each run.
import { ApiError, Switchyard } from './api/index.ts';

const api = new Switchyard({ BASE: process.env['URL'], TOKEN: process.env['TOKEN'] });
const { id } = await api.sessions.createSession({ title: 'By a generated client' });

// The response is a stream of events, which a generated client reads to its end as a text.
await api.sessions.sendMessage(id, { prompt: 'What is here?' });

const { messages } = await api.sessions.getMessages(id);
const senders = messages.map(({ sender }: { sender: string }) => sender);
const answer = messages.at(-1).content;

const refused = await api.sessions.getSession(9_999).catch((error: unknown) => error);
if (!(refused instanceof ApiError)) throw refused;
const { status, body } = refused;
process.stdout.write(JSON.stringify({ senders, answer, status, detail: body.detail }));
