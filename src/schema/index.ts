import './scalars.ts';
import './viewer.ts';
import './model.ts';
import './session.ts';
import './session-mutations.ts';
import './agent-node.ts';
import './agent-node-mutations.ts';
import './session-node.ts';
import './node-inbox.ts';
import './node-report.ts';
import './message.ts';
import './audio.ts';
import './tool-call.ts';
import './run.ts';
import './run-event.ts';
import './tool-approval.ts';
import './terminal-run-event.ts';
import './session-event.ts';
import './chat.ts';
import { endWithToken } from './access/end-with-token.ts';
import { limitFollowers } from './access/limit-followers.ts';
import { builder } from './builder.ts';

builder.queryType({ description: 'What can be read.' });
builder.mutationType({ description: 'What can be changed.' });
builder.subscriptionType({
  description: 'What can be followed, over server-sent events at `/graphql/stream` or `/graphql`.',
});

/** The GraphQL schema: one for all gateways in a process, since all state comes with the context. */
export const schema = builder.toSchema();

// What is subscribed to yields what the field shows. Pothos would map and validate the arguments again for
// every run event, the whole prompt among them.
for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
  field.resolve = (event) => event;
  if (field.subscribe) field.subscribe = endWithToken(limitFollowers(field.subscribe));
}
