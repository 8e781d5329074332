import { type Signal, signal } from '@preact/signals';
import type { MessagePartsFragment } from '../../gql/console/graphql.ts';
import { type Answer, answerOf } from './message-state.ts';

/** A message in a conversation. Its answer changes by itself, so that a token redraws one message. */
export interface MessageEntry {
  readonly id: string;
  /** Messages are shown in this order. */
  readonly databaseId: number;
  readonly role: MessagePartsFragment['role'];
  readonly createdAt: string;
  readonly runId: string | undefined;
  readonly answer: Signal<Answer>;
}

export function messageEntry(message: MessagePartsFragment): MessageEntry {
  const { id, databaseId, role, createdAt, run } = message;
  return { id, databaseId, role, createdAt, runId: run?.id, answer: signal(answerOf(message)) };
}

export function isLive(entry: MessageEntry): boolean {
  return entry.role === 'ASSISTANT' && entry.answer.value.status === 'STREAMING';
}
