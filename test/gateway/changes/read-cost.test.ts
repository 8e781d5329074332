import { expect, test } from 'vitest';
import { deleteChangesThrough } from '../../../src/storage/statements/changes.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { createStatementLog } from '../../support/gateway/query-count.ts';
import { queryPlan } from '../../support/gateway/query-plan.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { beginWatch, watch } from '../../support/gateway/watch.ts';

const shared = shareGateway(() => startTestGateway());

test('followers read the rows behind their position and no others, and so does the sweep', async () => {
  const gateway = shared();
  const { database } = gateway.services;
  const sessionId = await gateway.createSession();
  const log = createStatementLog(gateway.services);
  const executed = await log.during(async () => {
    await using ofSession = watch(gateway, { sessionId, after: await beginWatch(gateway, sessionId) });
    await using ofAll = watch(gateway, { after: await beginWatch(gateway) });
    await gateway.query('mutation ($id: ID!) { updateSession(id: $id, input: {}) { id } }', {
      id: sessionId,
    });
    await Promise.all([ofSession.until(1), ofAll.until(1)]);
  });

  const reads = executed.filter(({ sql }) => /FROM "Change" WHERE .* > \?/.test(sql));
  const plans = await Promise.all(reads.map((read) => queryPlan(database, read)));
  expect(new Set(plans.map(([plan]) => plan))).toEqual(
    new Set([
      'SEARCH Change USING INDEX Change_sessionId_transactionId_id_idx (sessionId=? AND transactionId=? AND id>?)',
      'SEARCH Change USING INDEX Change_transactionId_id_idx (transactionId=? AND id>?)',
    ]),
  );
  expect(plans.every((plan) => plan.length === 1)).toBe(true);
  const sweep = await queryPlan(database, { sql: deleteChangesThrough.sql, params: [0, 1] });
  expect(sweep).toEqual(['SEARCH Change USING INDEX Change_transactionId_id_idx (transactionId=? AND id<?)']);
});
