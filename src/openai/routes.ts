import type { Route } from '../dialect/route/route.ts';
import { completionRoutes } from './completions/completion-routes.ts';
import { conversationRoutes } from './conversations/conversation-routes.ts';
import { modelRoutes } from './models/model-routes.ts';
import { responseRoutes } from './responses/response-routes.ts';

/** Every operation of the API of OpenAI. */
export const openAiRoutes: readonly Route[] = [
  ...modelRoutes,
  ...completionRoutes,
  ...responseRoutes,
  ...conversationRoutes,
].map((route) => ({ ...route, path: `/v1${route.path}` }));
