import { completionRoutes } from './completions/completion-routes.ts';
import { conversationRoutes } from './conversations/conversation-routes.ts';
import { modelRoutes } from './models/model-routes.ts';
import { responseRoutes } from './responses/response-routes.ts';
import type { Route } from './route/route.ts';

/** Every operation below `/v1`. */
export const routes: readonly Route[] = [
  ...modelRoutes,
  ...completionRoutes,
  ...responseRoutes,
  ...conversationRoutes,
];
