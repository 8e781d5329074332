import './scalars.ts';
import './error-code.ts';
import './viewer.ts';
import './model.ts';
import './session.ts';
import './session-labels.ts';
import './model-settings.ts';
import './session-mutations.ts';
import './agent-node.ts';
import './agent-node-mutations.ts';
import './workspace.ts';
import './workspace-file.ts';
import './workspace-conflict.ts';
import './workspace-mutations.ts';
import './session-node.ts';
import './node-inbox.ts';
import './node-workspaces.ts';
import './node-report.ts';
import './tag-count.ts';
import './message.ts';
import './context-summary.ts';
import './branch.ts';
import './steering.ts';
import './message-search.ts';
import './audio.ts';
import './input-type.ts';
import './attachment.ts';
import './workspace-manifest.ts';
import './tool-call.ts';
import './run.ts';
import './usage.ts';
import './budget.ts';
import './audit-log.ts';
import './api-token.ts';
import './session-status.ts';
import './answer-end.ts';
import './run-event.ts';
import './run-pause.ts';
import './tool-approval.ts';
import './client-tool.ts';
import './tool-grant.ts';
import './terminal-run-event.ts';
import './session-event.ts';
import './viewer-event.ts';
import './approval-event.ts';
import './run-mutations.ts';
import './run-subscriptions.ts';
import './stream-ticket.ts';
import { endWithToken } from './access/end-with-token.ts';
import { keepToTicket } from './access/keep-to-ticket.ts';
import { limitFollowers } from './access/limit-followers.ts';
import { builder } from './builder.ts';
import { markDeltaFields } from './delta-fields.ts';
import { limitResults } from './limit-result.ts';
import { settleListItems } from './settle-list-items.ts';

builder.queryType({
  description:
    'All reads. A field fails with UNAUTHENTICATED if the gateway needs a token and the request has no valid one, and with FORBIDDEN for the token of a node. An object of another user is treated as if it did not exist.',
});
builder.mutationType({
  description:
    'All changes. A field is null only where it failed. The other fields of the document are executed all the same. A field fails with BAD_USER_INPUT for an argument with a wrong value, which `extensions.field` names. An object that does not exist, or that belongs to another user, fails with NOT_FOUND. Tokens are checked as for queries; a field for the agent of a node needs the token of that node.',
});
builder.subscriptionType({
  description:
    'All subscriptions, as server-sent events at `/graphql/stream` or `/graphql`. A subscription is refused with RATE_LIMITED when the user has `MAX_FOLLOWERS_PER_USER` open subscriptions, and ends with UNAUTHENTICATED when the token of the user expires or is revoked.',
});

/** The GraphQL schema. All gateways in a process share it, because all state is in the context. */
export const schema = builder.toSchema();

limitResults(schema);
markDeltaFields(schema);
settleListItems(schema);

// Resolve each event to itself. The resolver of Pothos would validate the arguments, with the whole prompt, again for
// every event.
for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
  field.resolve = (event, _args, { resultBudget }) => {
    resultBudget.begin();
    return event;
  };
  if (field.subscribe) field.subscribe = endWithToken(limitFollowers(keepToTicket(field.subscribe)));
}
