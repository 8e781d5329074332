import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';

/** BODY_TIMEOUT_MS of the test. The gateway checks a body eight times in that time. */
const bodyTimeoutMs = 804;

test.each([['to an unknown message', '/api/v1/sessions/messages/999/audio']])(
  'an upload %s that is refused before its body was read leaves no timer',
  async (_, path) => {
    using started = vi.spyOn(globalThis, 'setInterval');
    using cleared = vi.spyOn(globalThis, 'clearInterval');
    await using gateway = await startTestGateway({ settings: { BODY_TIMEOUT_MS: String(bodyTimeoutMs) } });
    const { port } = new URL(gateway.url);

    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n` +
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n',
    );
    socket.write(Buffer.alloc(300_000, 1));
    socket.on('error', () => {});
    setTimeout(() => socket.destroy(), bodyTimeoutMs / 2);
    expect(await readText(socket).catch(() => 'HTTP/1.1 404 was cut')).toMatch(/^HTTP\/1.1 404/);

    const isCheck = (_: unknown, index: number) => started.mock.calls[index]?.[1] === bodyTimeoutMs / 8;
    const checks = started.mock.results.map(({ value }) => value).filter(isCheck);
    expect(checks).toHaveLength(1);
    const wasCleared = () => checks.every((timer) => cleared.mock.calls.some(([each]) => each === timer));
    await expect.poll(wasCleared, { timeout: 10_000 }).toBe(true);
  },
);
