import type { NodeInboxSubscription } from '../../gql/graphql.ts';

/** What the gateway tells an agent. */
export type NodeCommand = NodeInboxSubscription['nodeInbox'];
export type NodeCommandOf<Name extends NodeCommand['__typename']> = Extract<
  NodeCommand,
  { __typename: Name }
>;

/** The newest command of the inbox that the agent has seen. A `seq` counts within its epoch only. */
export class InboxCursor {
  #epoch: string | undefined;
  #after = 0;

  /** The variables that continue the inbox after the cursor. */
  get variables() {
    return { after: this.#after, epoch: this.#epoch };
  }

  see(command: NodeCommand): void {
    if (command.__typename === 'InboxOpened' && command.epoch !== this.#epoch) {
      this.#epoch = command.epoch;
      this.#after = 0;
    }
    this.#after = Math.max(this.#after, command.seq);
  }
}
