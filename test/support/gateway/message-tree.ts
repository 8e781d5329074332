/** A message as the test knows it. Ids are those of the database. */
export interface Known {
  id: number;
  /** 0 at the beginning of a conversation. */
  parent: number;
  role: 'USER' | 'ASSISTANT';
  content: string;
  /** The answer that a prompt has joined. */
  into?: number;
}

/** What a session must hold, by the rules of branches in words as simple as possible. */
export class Tree {
  messages: Known[] = [];
  head = 0;

  of(id: number): Known | undefined {
    return this.messages.find((message) => message.id === id);
  }

  path(end = this.head): Known[] {
    const path: Known[] = [];
    for (let at = this.of(end); at !== undefined; at = this.of(at.parent)) path.unshift(at);
    return path;
  }

  /** The prompts that have joined an answer. */
  joined(answer: Known): Known[] {
    return this.messages.filter(({ into }) => into === answer.id).sort((a, b) => a.id - b.id);
  }

  /** What a model is told of a branch: prompts that joined an answer come before its end. */
  told(end: number): string[] {
    const told = this.path(end).filter(({ into }) => into === undefined);
    return told.flatMap((message) => [...this.joined(message), message]).map(({ content }) => content);
  }

  /** What a copy of a branch has, by the ids: also prompts of other branches that joined its answers. */
  copied(end: number): string[] {
    const all = new Set(this.path(end).flatMap((message) => [message, ...this.joined(message)]));
    return [...all].sort((a, b) => a.id - b.id).map(({ content }) => content);
  }

  siblings({ parent }: Known): number[] {
    return this.messages.filter((message) => message.parent === parent).map(({ id }) => id);
  }

  below(id: number): number[] {
    return this.messages
      .filter((message) => this.path(message.id).some((each) => each.id === id))
      .map((each) => each.id);
  }

  select(id: number): void {
    this.head = Math.max(...this.below(id));
  }

  delete(message: Known): void {
    const gone = this.below(message.id);
    const others = this.siblings(message).filter((id) => id !== message.id);
    const before = others.filter((id) => id < message.id);
    this.messages = this.messages.filter(({ id }) => !gone.includes(id));
    if (!gone.includes(this.head)) return;
    if (before.length > 0) this.select(Math.max(...before));
    else if (others.length > 0) this.select(Math.min(...others));
    else this.head = message.parent;
  }
}

/** Random choices that are the same in each run of a test. */
export function randomFrom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
  return {
    next,
    below: (limit: number) => Math.floor(next() * limit),
    of: <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)],
  };
}

export type Random = ReturnType<typeof randomFrom>;

/** The id of a message in GraphQL, from its id in the database. */
export const messageId = (id: number) => Buffer.from(`Message:${id}`).toString('base64');
