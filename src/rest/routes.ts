import { approvalRoutes } from './approvals/approval-routes.ts';
import { attachmentRoutes } from './attachments/attachment-routes.ts';
import { downloadAudio } from './audio/audio-download.ts';
import { uploadAudio } from './audio/audio-upload.ts';
import { cancelRun } from './chat/cancel-route.ts';
import { followChat, sendChat } from './chat/chat-routes.ts';
import { createTicket } from './chat/ticket-route.ts';
import { historyRoutes } from './history/history-routes.ts';
import { nodeRoutes } from './nodes/node-routes.ts';
import type { Route } from './route/route.ts';
import { sessionRoutes } from './sessions/session-routes.ts';
import { workspaceRoutes } from './workspace/workspace-routes.ts';

/** Every operation of the REST API, in the order in which its documentation lists them. */
export const routes: readonly Route[] = [
  ...sessionRoutes,
  sendChat,
  followChat,
  createTicket,
  ...historyRoutes,
  cancelRun,
  ...approvalRoutes,
  ...nodeRoutes,
  ...workspaceRoutes,
  ...attachmentRoutes,
  uploadAudio,
  downloadAudio,
];
