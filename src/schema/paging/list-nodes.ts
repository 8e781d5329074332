import type { Context } from '../../context.ts';
import type { AgentNode } from '../../generated/prisma/client.ts';
import { pagesOfNodes, pagesOfOwnNodes } from '../../storage/statements/nodes.ts';
import { ownerOf } from '../access/access.ts';
import type { Page } from './page.ts';

/** A page of the nodes that the viewer sees. */
export async function listNodes(
  context: Context,
  { after, before, limit, order }: Page,
): Promise<AgentNode[]> {
  const userId = ownerOf(context);
  return userId === undefined
    ? context.statements.all(pagesOfNodes[order], [after, before, limit])
    : context.statements.all(pagesOfOwnNodes[order], [userId, after, userId, before, limit]);
}
