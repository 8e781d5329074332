import { expect, it } from 'vitest';
import { startTestGateway } from '../support/gateway.ts';
import { connectNode } from '../support/node-client.ts';
import { registerNode } from '../support/nodes.ts';

it('as many nodes are connected as MAX_NODE_CONNECTIONS says; one that takes over its own inbox needs no room', async () => {
  await using gateway = await startTestGateway({ settings: { MAX_NODE_CONNECTIONS: '1' } });
  const tokens = {
    laptop: await registerNode(gateway, 'laptop'),
    desktop: await registerNode(gateway, 'desktop'),
  };
  await using laptop = connectNode(gateway.url, tokens.laptop);
  await laptop.next('InboxOpened');

  await using desktop = connectNode(gateway.url, tokens.desktop);
  await expect(desktop.ended).rejects.toMatchObject({
    code: 'OVERLOADED',
    limit: 'MAX_NODE_CONNECTIONS',
    retryAfter: 30,
  });
  await using again = connectNode(gateway.url, tokens.laptop);
  await again.next('InboxOpened');
  expect(await laptop.next('InboxClosed')).toMatchObject({ reason: 'TAKEN_OVER' });

  again.leave();
  await expect
    .poll(async () => {
      await using later = connectNode(gateway.url, tokens.desktop);
      return await later.next('InboxOpened').then(
        () => 'open',
        () => 'refused',
      );
    })
    .toBe('open');
});
