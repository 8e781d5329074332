import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from './connections.ts';
import type { Lingering } from './linger.ts';
import { malformedTarget } from './malformed.ts';
import { sendRefusal } from './request/refusal.ts';
import type { ServerApp } from './server.ts';

export interface UpgradeOptions {
  app: ServerApp;
  connections: Connections;
  lingering: Lingering;
}

/** Whether a request asks for a WebSocket where there is one. */
export function isSocketRequest({ method, url = '', headers }: IncomingMessage): boolean {
  return method === 'GET' && /^\/graphql([?]|$)/.test(url) && headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Gives requests for a WebSocket to the application, with the same guards as all other requests. A request for another
 * upgrade, as Java's client sends with each request (`h2c`), is taken as a plain one, as if nobody listened to upgrades.
 */
export function takeUpgrades(server: Server, { app, connections, lingering }: UpgradeOptions): void {
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    // A request behind one whose response closes the connection.
    if (lingering.has(socket)) return;
    if (!isSocketRequest(incoming)) return takeAsPlain(server, incoming, socket, head);
    socket.on('error', () => {});
    if (!connections.handOver(socket)) return void socket.destroy();
    const outgoing = new ServerResponse(incoming);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(socket);
    // The socket of a refused request. One that has become a WebSocket has no response that ends.
    outgoing.once('finish', () => socket.destroySoon());
    const { host = '' } = incoming.headers;
    if (!URL.canParse(`http://${host}`)) return sendRefusal(outgoing, '/graphql', malformedTarget);
    const request = new Request(`http://${host}${incoming.url}`, { headers: headersIn(incoming) });
    void app.fetch(request, { incoming, outgoing, head });
  });
}

function headersIn({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

/** Puts the request back in front of its connection, without what asks for the upgrade, and has it parsed again. */
function takeAsPlain(server: Server, incoming: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = incoming;
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!/^(upgrade|http2-settings)$/i.test(name)) text += `${name}: ${plainValue(name, value)}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function plainValue(name: string, value: string): string {
  if (name.toLowerCase() !== 'connection') return value;
  const kept = value.split(',').filter((each) => !/^(upgrade|http2-settings)$/i.test(each.trim()));
  return kept.join(',');
}
