import { z } from 'zod';
import { badParameter } from '../../dialect/errors/api-error.ts';
import { toConversation } from '../../dialect/input/conversation.ts';
import { parseBody, readBody } from '../../dialect/input/read-body.ts';
import { executeDocument } from '../../dialect/route/execute.ts';
import { openConversation } from '../../dialect/route/open-conversation.ts';
import type { ApiContext, ApiServices, Route } from '../../dialect/route/route.ts';
import {
  ChangeConversationDocument,
  type ConversationFieldsFragment,
  DropConversationDocument,
} from '../../gql/graphql.ts';
import { checkParameters } from '../input/parameters.ts';
import { featureName } from '../responses/parameter-names.ts';
import { secondsOf } from '../responses/response-json.ts';
import { inputItems, readItems } from '../responses/response-request.ts';
import { findConversation } from '../route/find-conversation.ts';
import { writeId } from '../route/ids.ts';

const metadata = z.record(z.string(), z.string('expected a text')).nullish();
const NewConversation = z.looseObject({ metadata, items: inputItems.nullish() });
const ConversationUpdate = z.looseObject({ metadata: z.record(z.string(), z.string('expected a text')) });

export const conversationRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/conversations',
    operationId: 'openai_create_conversation',
    async handle(c, services) {
      const body = await readBody(c, services);
      checkParameters(body, { honoured: Object.keys(NewConversation.shape), harmless: [], neutral: {} });
      const { metadata, items } = parseBody(NewConversation, body);
      const input = { featureName, metadata, ...beginning(items ?? []) };
      const names = { 'input.history': 'items', 'input.systemPrompt': 'items' };
      return c.json(conversationJson(await openConversation(c, services, input, names)));
    },
  },
  {
    method: 'get',
    path: '/conversations/:id',
    operationId: 'openai_get_conversation',
    handle: async (c, services) => c.json(conversationJson(await find(c, services))),
  },
  {
    method: 'post',
    path: '/conversations/:id',
    operationId: 'openai_update_conversation',
    async handle(c, services) {
      const { id } = await find(c, services);
      const body = await readBody(c, services);
      checkParameters(body, { honoured: ['metadata'], harmless: [], neutral: {} });
      const { metadata } = parseBody(ConversationUpdate, body);
      const variables = { id, input: { metadata } };
      const { updateSession } = await executeDocument(c, services, ChangeConversationDocument, variables);
      return c.json(conversationJson(updateSession));
    },
  },
  {
    method: 'delete',
    path: '/conversations/:id',
    operationId: 'openai_delete_conversation',
    async handle(c, services) {
      const { id, databaseId } = await find(c, services);
      await executeDocument(c, services, DropConversationDocument, { id });
      return c.json({
        id: writeId('conversation', databaseId),
        object: 'conversation.deleted',
        deleted: true,
      });
    },
  },
];

function find(c: ApiContext, services: ApiServices): Promise<ConversationFieldsFragment> {
  return findConversation(c, services, c.req.param('id') ?? '');
}

/** Instructions and exchanges. A prompt without an answer would be answered by nobody. */
function beginning(items: z.output<typeof inputItems>) {
  if (items.length === 0) return {};
  const messages = readItems(items, 'items');
  const isWhole = messages.at(-1)?.role !== 'user';
  if (!isWhole) throw badParameter('items', 'expected an answer at the end: the gateway keeps exchanges.');
  const end = { role: 'user' as const, text: 'next', files: [], param: 'items' };
  const { system, exchanges } = toConversation([...messages, end], 'items');
  if (exchanges.some(({ prompt }) => prompt.files.length > 0))
    throw badParameter('items', 'expected no files.');
  const history = exchanges.map(({ prompt, answer }) => ({ prompt: prompt.text, answer }));
  return { systemPrompt: system, history };
}

function conversationJson({ databaseId, createdAt, metadata }: ConversationFieldsFragment) {
  return {
    id: writeId('conversation', databaseId),
    object: 'conversation',
    created_at: secondsOf(createdAt),
    metadata: metadata ?? {},
  };
}
