import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

/** BODY_TIMEOUT_MS of the test. The gateway checks a body eight times in that time. */
const bodyTimeoutMs = 804;

/** Begins an upload to a message that there is not. Its body stops in the middle of the file. */
function beginUpload({ url }: TestGateway): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(
    'POST /api/v1/sessions/messages/999/audio HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n' +
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n',
  );
  socket.write(Buffer.alloc(300_000, 1));
  return socket.on('error', () => {});
}

test('an upload that is refused before its body was read leaves no timer', async () => {
  using started = vi.spyOn(globalThis, 'setInterval');
  using cleared = vi.spyOn(globalThis, 'clearInterval');
  await using gateway = await startTestGateway({ settings: { BODY_TIMEOUT_MS: String(bodyTimeoutMs) } });

  const socket = beginUpload(gateway);
  setTimeout(() => socket.destroy(), bodyTimeoutMs / 2);
  expect(await readText(socket).catch(() => 'HTTP/1.1 404 was cut')).toMatch(/^HTTP\/1.1 404/);

  const isCheck = (_: unknown, index: number) => started.mock.calls[index]?.[1] === bodyTimeoutMs / 8;
  const checks = started.mock.results.map(({ value }) => value).filter(isCheck);
  expect(checks).toHaveLength(1);
  const wasCleared = () => checks.every((timer) => cleared.mock.calls.some(([each]) => each === timer));
  await expect.poll(wasCleared, { timeout: 10_000 }).toBe(true);
});

test('uploads that are refused before their body was read keep nothing of it in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const kept = () => {
    collect();
    return process.memoryUsage().arrayBuffers / 1_000_000;
  };
  await using gateway = await startTestGateway();
  const sockets: Socket[] = [];
  const refuse = async () => {
    const socket = beginUpload(gateway);
    sockets.push(socket);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 404/);
  };
  await refuse();
  const before = kept();
  for (let upload = 0; upload < 40; upload += 1) await refuse();
  // Their connections are still open. The files are 12 MB together.
  await expect.poll(() => kept() - before, { timeout: 10_000 }).toBeLessThan(3);
  for (const socket of sockets) socket.destroy();
});
