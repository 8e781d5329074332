import { expect, test } from 'vitest';
import { UnauthenticatedError, UnreachableError } from '../../src/client/client.ts';
import { jwtSettings, signJwt } from '../support/gateway/jwt.ts';
import { startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { createGate, text } from '../support/model/turn.ts';
import { transports } from './transports.ts';

const viewer = '{ viewer { userId } }';

test('a token that is a function is asked again when the gateway refuses what it gave', async () => {
  await using gateway = await startScriptedGateway({ settings: jwtSettings });
  const [stale, good] = [await signJwt({ sub: 'alice', expiresIn: -60 }), await signJwt({ sub: 'alice' })];
  const [[, clientOf]] = transports as [(typeof transports)[number]];
  const asked: (string | undefined)[] = [];
  let current = stale;
  const client = clientOf(gateway.url, {
    async token(refused) {
      asked.push(refused);
      if (refused === current) current = good;
      return current;
    },
  });

  expect(await client.query(viewer)).toEqual({ viewer: { userId: 'alice' } });
  expect(await client.query(viewer)).toEqual({ viewer: { userId: 'alice' } });
  expect(asked).toEqual([undefined, stale, undefined]);

  const stubborn = clientOf(gateway.url, { token: () => stale });
  await expect(stubborn.query(viewer)).rejects.toBeInstanceOf(UnauthenticatedError);
  await expect(stubborn.chat('U2Vzc2lvbjox', 'Hi').result).rejects.toMatchObject({ status: 401 });

  const broken = clientOf(gateway.url, { token: () => Promise.reject(new Error('No login server.')) });
  const failure = await broken.query(viewer).catch((error) => error);
  expect(failure).toBeInstanceOf(UnreachableError);
  expect(failure).toMatchObject({ isPassing: true, cause: { message: 'No login server.' } });
});

test.each(transports)(
  'an answer continues with another token when the first one expires, %s',
  async (_, clientOf) => {
    await using gateway = await startScriptedGateway({ settings: jwtSettings });
    const gate = createGate();
    gateway.model.script([text('Half'), gate, text(' and half')]);
    const lasting = await signJwt({ sub: 'alice' });
    const short = await signJwt({ sub: 'alice', expiresIn: -3 });
    const sessionId = await gateway.as(lasting).createSession();
    const tokens: string[] = [];
    const client = clientOf(gateway.url, {
      token(refused) {
        const token = tokens.length < 3 && refused === undefined ? short : lasting;
        tokens.push(token);
        return token;
      },
      retry: async ({ error }) => {
        throw error;
      },
    });

    const chat = client.chat(sessionId, 'Hi');
    const { result } = chat;
    await expect.poll(() => tokens.at(-1)).toBe(lasting);
    gate.release();

    expect((await result).text).toBe('Half and half');
  },
);
