import { downloadAudio } from './audio-download.ts';
import { uploadAudio } from './audio-upload.ts';
import { cancelRun } from './cancel-route.ts';
import { followChat, sendChat } from './chat-route.ts';
import { historyRoutes } from './history-routes.ts';
import { nodeRoutes } from './node-routes.ts';
import type { Route } from './route.ts';
import { sessionRoutes } from './session-routes.ts';

/** Every operation of the REST API, in the order in which its documentation lists them. */
export const routes: readonly Route[] = [
  ...sessionRoutes,
  sendChat,
  followChat,
  ...historyRoutes,
  cancelRun,
  ...nodeRoutes,
  uploadAudio,
  downloadAudio,
];
