import { type AuditAction, auditActions } from '../changes/audit.ts';
import type { AuditEntry } from '../generated/prisma/client.ts';
import { pagesOfAudit } from '../storage/statements/audit.ts';
import { ownerOf } from './access/access.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { nameText } from './input-checks.ts';
import { resolvePage } from './paging/page.ts';

const AuditActionRef = enumFromTable<AuditAction>(
  'AuditAction',
  'Something that is written to the audit log.',
  auditActions,
);

const AuditEntryRef = builder.objectRef<AuditEntry>('AuditEntry').implement({
  description: 'Something that somebody has done.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', {
      description: 'The number of the entry. Later entries have greater ones.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was done.' }),
    userId: t.string({
      nullable: true,
      description: 'The user who did it; null for an operator on the command line.',
      resolve: ({ userId }) => userId || null,
    }),
    action: t.field({
      type: AuditActionRef,
      description: 'What was done.',
      resolve: ({ action }) => action as AuditAction,
    }),
    ownerId: t.exposeString('ownerId', {
      description: 'The user to whom belongs what it was done to, or for whom it was done.',
    }),
    subject: t.exposeString('subject', {
      description:
        'What it was done to, as a type and its number or name: `Session:12`, `Run:7`, `AgentNode:laptop`, `ApiToken:3`, `User:alice`.',
    }),
    detail: t.exposeString('detail', {
      nullable: true,
      description:
        'Further facts for people, as the action says. It has no secrets, and no text of a conversation.',
    }),
    apiTokenId: t.exposeInt('apiTokenId', {
      nullable: true,
      description:
        'The number of the API token with which the user identified themselves; null for a JWT, and with AUTH=none.',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description:
        'The IP address of the client; behind a proxy that `TRUSTED_PROXIES` does not name, that of the proxy. Null for the command line.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'The program of the client, as it calls itself, at most 200 characters.',
    }),
  }),
});

const noTime = new Date(0);
const endOfTime = new Date('9999-12-31T23:59:59.999Z');

builder.queryField('auditLog', (t) =>
  t.connection(
    {
      type: AuditEntryRef,
      authScopes: (_root, { userId }) => ({ actFor: userId }),
      description:
        'Who has approved, deleted, revoked or created something, from where and when, the newest first. Users see what they did themselves, admins everything. Entries outlive what they name, and are deleted after `AUDIT_RETENTION_DAYS`.',
      args: {
        userId: t.arg.string({
          validate: nameText,
          description:
            'Only what this user has done. Default: the viewer; for an admin, all users. Only an admin may name another user (FORBIDDEN).',
        }),
        action: t.arg({ type: AuditActionRef, description: 'Only such entries.' }),
        from: t.arg({ type: 'DateTime', description: 'Only what was done at this time or later.' }),
        to: t.arg({ type: 'DateTime', description: 'Only what was done before this time.' }),
      },
      resolve: (_root, { userId, action, from, to, first, after, last, before }, context) => {
        const owner = userId ?? ownerOf(context);
        const limits = [...(owner === undefined ? [] : [owner]), ...(action == null ? [] : [action])];
        const name = owner === undefined ? 'all' : 'user';
        const pages = pagesOfAudit[action == null ? name : owner === undefined ? 'action' : 'both'];
        return resolvePage<AuditEntry>({
          args: { first, after, last, before },
          maxSize: context.maxPageSize,
          order: 'desc',
          load: async ({ after: lower, before: upper, limit, order }) =>
            context.statements.all(pages[order], [
              ...limits,
              ...[lower, upper, from ?? noTime, to ?? endOfTime, limit],
            ]),
        });
      },
    },
    { name: 'AuditEntryConnection', description: 'A page of the audit log.' },
    { name: 'AuditEntryEdge' },
  ),
);
