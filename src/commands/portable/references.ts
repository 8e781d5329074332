import type { AnyRecord, RecordOf } from './records.ts';
import { SortedIds } from './sorted-ids.ts';

type Check<Type extends AnyRecord['type']> = (record: RecordOf<Type>) => string | undefined;

/** What a session has so far, by what its records may refer to. */
interface Session {
  id: number;
  prompts: SortedIds;
  answers: SortedIds;
  /** What belongs to the newest message, each of which may be there once. */
  ofMessage: Set<string>;
  newestMessage: number;
  newestRun: number;
  runs: SortedIds;
  answered: Set<number>;
}

/**
 * Checks the order of records and what they refer to. A record refers only to records before it, so there are no cycles. It
 * remembers the ids of one session.
 */
export class References {
  isComplete = false;
  #session: Session | undefined;
  #sessions = 0;
  readonly #origins = new Set<string>();

  /** What is wrong with the next record; undefined if nothing is. */
  problemOf(record: AnyRecord): string | undefined {
    if (this.isComplete) return 'expected no line behind that of the type "end"';
    return (this.#checks[record.type] as Check<typeof record.type>)(record as never);
  }

  readonly #checks: { [Type in AnyRecord['type']]: Check<Type> } = {
    session: ({ id, origin, userId, usage }) => {
      if (this.#session !== undefined) return 'type: expected "sessionEnd" before the next "session"';
      const key = JSON.stringify([origin, userId]);
      if (this.#origins.has(key)) return 'origin: expected a session that is not in the file already';
      this.#origins.add(key);
      const models = usage.map((row) => JSON.stringify([row.providerName, row.modelName]));
      if (new Set(models).size < models.length) return 'usage: expected each model once';
      this.#session = {
        id,
        ...{ prompts: new SortedIds(), answers: new SortedIds(), runs: new SortedIds() },
        ...{ ofMessage: new Set(), answered: new Set(), newestMessage: 0, newestRun: 0 },
      };
      return undefined;
    },
    message: (message) => {
      const session = this.#session;
      if (session === undefined) return outside;
      const { id, parent, role, joined, attachments, status } = message;
      if (session.newestRun > 0) return 'type: expected the messages of the session before its runs';
      if (id <= session.newestMessage) return `id: expected a number above ${session.newestMessage}`;
      if (parent !== null && !hasMessage(session, parent)) return `parent: ${unknownMessage}`;
      if (joined !== null && role !== 'USER') return 'joined: expected null for an answer';
      if (joined !== null && !session.answers.has(joined.answer))
        return 'joined.answer: expected the id of an earlier answer of the session';
      if (attachments.length > 0 && role !== 'USER') return 'attachments: expected none for an answer';
      if (role === 'USER' && status !== 'COMPLETE' && status !== 'CANCELLED')
        return 'status: expected COMPLETE or CANCELLED for a prompt';
      session.newestMessage = id;
      (role === 'USER' ? session.prompts : session.answers).add(id);
      session.ofMessage.clear();
      return undefined;
    },
    toolCall: ({ message, callId }) => this.#problemOfPart(message, `call ${callId}`, 'callId'),
    step: ({ message, step }) => this.#problemOfPart(message, `step ${step}`, 'step'),
    summary: ({ message }) => {
      if (this.#session?.newestMessage !== message) return notNewest;
      return this.#problemOnce('summary', 'type');
    },
    run: ({ id, prompt, answer, joinedRun }) => {
      const session = this.#session;
      if (session === undefined) return outside;
      if (id <= session.newestRun) return `id: expected a number above ${session.newestRun}`;
      if (prompt !== null && !session.prompts.has(prompt))
        return 'prompt: expected the id of a prompt of the session';
      if (answer !== null && !session.answers.has(answer))
        return 'answer: expected the id of an answer of the session';
      if (answer !== null && session.answered.has(answer))
        return 'answer: expected an answer that no other run has';
      if (joinedRun !== null && !session.runs.has(joinedRun))
        return 'joinedRun: expected the id of an earlier run of the session';
      if (answer !== null) session.answered.add(answer);
      session.newestRun = id;
      session.runs.add(id);
      return undefined;
    },
    sessionEnd: ({ id, head, messages, runs }) => {
      const session = this.#session;
      if (session === undefined) return outside;
      if (id !== session.id)
        return `id: expected ${session.id}, as in the line with which the session begins`;
      const count = session.prompts.length + session.answers.length;
      if (messages !== count) return `messages: expected ${count}, which are in the file`;
      if (runs !== session.runs.length) return `runs: expected ${session.runs.length}, which are in the file`;
      if (head === null ? count > 0 : !hasMessage(session, head))
        return 'head: expected the id of a message of the session';
      this.#session = undefined;
      this.#sessions += 1;
      return undefined;
    },
    end: ({ sessions }) => {
      if (this.#session !== undefined) return 'type: expected "sessionEnd" before "end"';
      if (sessions !== this.#sessions) return `sessions: expected ${this.#sessions}, which are in the file`;
      this.isComplete = true;
      return undefined;
    },
  };

  #problemOfPart(message: number, key: string, field: string): string | undefined {
    const session = this.#session;
    if (session === undefined) return outside;
    if (message !== session.newestMessage || !session.answers.has(message)) return notNewest;
    return this.#problemOnce(key, field);
  }

  #problemOnce(key: string, field: string): string | undefined {
    if (this.#session?.ofMessage.has(key)) return `${field}: expected each only once for a message`;
    this.#session?.ofMessage.add(key);
    return undefined;
  }
}

function hasMessage({ prompts, answers }: Session, id: number): boolean {
  return prompts.has(id) || answers.has(id);
}

const outside = 'type: expected "session" or "end"';
const unknownMessage = 'expected null, or the id of an earlier message of the session';
const notNewest = 'message: expected the id of the message that the line follows';
