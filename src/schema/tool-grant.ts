import { passLongIntegers } from '../base/long-integers.ts';
import type { Session } from '../generated/prisma/client.ts';
import { builder } from './builder.ts';
import { findCallNode } from './find-rows.ts';
import { idArg } from './id-argument.ts';
import { rowsOf } from './paging/rows.ts';
import { idDescription } from './relay-options.ts';
import { SessionRef } from './session.ts';
import { readAhead } from './settle-list-items.ts';

const ToolGrantRef = builder.prismaNode('ToolGrant', {
  id: { field: 'id', description: idDescription },
  nullable: true,
  description:
    'An approval that holds for later tool calls of a session: they run without asking while `toolApproval` is ASK. With DENY no call runs, whatever was granted, and the policy of a node counts in any case. A grant ends when it is revoked, when its node is detached or deleted, and when the node gets a new token, because another machine may have it then.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', {
      description: 'The number of the grant, which the REST API calls its `id`.',
    }),
    toolName: t.exposeString('toolName', { description: 'The name of the tool.' }),
    args: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The only arguments with which the tool may run; null if it may run with any arguments.',
      resolve: ({ args }) => passLongIntegers(args),
    }),
    node: t.prismaField({
      type: 'AgentNode',
      nullable: true,
      description:
        'The node on which the tool may run; null for a tool that needs no node, and for the node of another user.',
      resolve: findCallNode,
    }),
    grantedBy: t.exposeString('grantedBy', {
      description: 'The `userId` of the user who approved a call and wished that to be remembered.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was given.' }),
  }),
});

builder.prismaObjectFields('Session', (t) => ({
  grants: t.field({
    type: [ToolGrantRef],
    description:
      'The approvals that hold for later tool calls, oldest first; at most 200. `SessionUpdated` tells when they change.',
    resolve: (session, _args, context) => rowsOf(context).grantsOfSession.of(session),
    extensions: readAhead<Session>((session, context) => rowsOf(context).grantsOfSession.ofPage(session)),
  }),
}));

builder.mutationField('revokeGrant', (t) =>
  t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, args) => ({ grant: args.id }),
    description:
      'Ends a grant: later calls wait for an approval again. Calls that run already go on. Errors: NOT_FOUND if there is no such grant, also when it has ended already.',
    args: { id: idArg(t, ToolGrantRef, 'The `id` of the grant.') },
    resolve: (_root, { id }, { engine, actor }) => engine.revokeGrant(id, actor),
  }),
);
