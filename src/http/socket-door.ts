import { refusal } from '../errors.ts';
import { sendRefusal } from './request/refusal.ts';
import type { Opening, SocketHandler } from './socket/socket-handler.ts';

/** Opens WebSockets, once a client asks for one. Disposing closes them all and opens no more. */
export interface SocketDoor extends AsyncDisposable {
  /** Opens the socket, or answers why it is not opened. */
  open(opening: Opening): Promise<void>;
}

/** @param load Loads the code, whose loading takes time and memory that most gateways do not need. */
export function createSocketDoor(load: () => Promise<SocketHandler>): SocketDoor {
  let loading: Promise<SocketHandler> | undefined;
  let isClosing = false;
  return {
    async open(opening) {
      if (!isClosing) loading ??= load();
      const handler = await loading;
      if (isClosing || !handler) {
        const error = refusal('SHUTTING_DOWN', 'The gateway is shutting down.');
        return sendRefusal(opening.outgoing, '/graphql', error);
      }
      if (!opening.incoming.socket.destroyed) handler.open(opening);
    },
    async [Symbol.asyncDispose]() {
      isClosing = true;
      await (await loading)?.[Symbol.asyncDispose]();
    },
  };
}
