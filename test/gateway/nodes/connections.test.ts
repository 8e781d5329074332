import { expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { registerNode } from '../../support/node/nodes.ts';

test('at most MAX_NODE_CONNECTIONS nodes are connected, and a node that takes over its own inbox is not counted twice', async () => {
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

test('at most MAX_NODE_CONNECTIONS_PER_USER nodes of one user are connected, and nodes of other users are not counted', async () => {
  const settings = { ...jwtSettings, MAX_NODE_CONNECTIONS_PER_USER: '1' };
  await using gateway = await startTestGateway({ settings });
  const [alice, bob] = [
    gateway.as(await signJwt({ sub: 'alice' })),
    gateway.as(await signJwt({ sub: 'bob' })),
  ];
  const desktopToken = await registerNode(alice, 'desktop');
  await using laptop = connectNode(gateway.url, await registerNode(alice, 'laptop'));
  await laptop.next('InboxOpened');

  await using refused = connectNode(gateway.url, desktopToken);
  await expect(refused.ended).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    limit: 'MAX_NODE_CONNECTIONS_PER_USER',
    retryAfter: 30,
  });
  await using bobs = connectNode(gateway.url, await registerNode(bob, 'bobs-laptop'));
  await bobs.next('InboxOpened');

  await alice.query('mutation { deleteNode(nodeId: "laptop") { nodeId } }');
  expect(await laptop.next('InboxClosed')).toMatchObject({ reason: 'NODE_DELETED' });
  await using desktop = connectNode(gateway.url, desktopToken);
  await desktop.next('InboxOpened');
});
