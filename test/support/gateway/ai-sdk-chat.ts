import {
  AbstractChat,
  type ChatInit,
  type ChatState,
  type ChatStatus,
  DefaultChatTransport,
  type UIMessage,
} from 'ai';
import type { TestGateway } from './gateway.ts';

/** What the gateway says about a message. */
interface Metadata {
  sessionId?: string;
  runId?: number;
  model?: string;
  usage?: { inputTokens: number; outputTokens: number; totalTokens: number };
}

export type Message = UIMessage<Metadata>;

/** The state of a chat, as `useChat` keeps it in React. */
class PlainState implements ChatState<Message> {
  status: ChatStatus = 'ready';
  error: Error | undefined = undefined;
  messages: Message[] = [];

  pushMessage = (message: Message) => {
    this.messages = [...this.messages, message];
  };

  popMessage = () => {
    this.messages = this.messages.slice(0, -1);
  };

  replaceMessage = (index: number, message: Message) => {
    this.messages = this.messages.map((known, at) => (at === index ? structuredClone(message) : known));
  };

  snapshot = <T>(value: T): T => structuredClone(value);
}

/** The chat of the AI SDK, without React around it. */
export class TestChat extends AbstractChat<Message> {
  constructor(
    { url }: Pick<TestGateway, 'url'>,
    init: Partial<ChatInit<Message>> & { body?: object; token?: string } = {},
  ) {
    const { body, token, ...rest } = init;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const transport = new DefaultChatTransport<Message>({
      api: `${url}/ai-sdk/chat`,
      headers,
      ...(body && { body }),
    });
    super({ transport, state: new PlainState(), ...rest });
  }
}

/** The parts of a message, short: `text: Hello`. */
export function partsOf(message: Message | undefined): string[] {
  return (message?.parts ?? []).map((part) => {
    if (part.type === 'text' || part.type === 'reasoning') return `${part.type}: ${part.text}`;
    if ('toolCallId' in part) {
      const { state, input } = part;
      const told = 'output' in part && part.output !== undefined ? part.output : part.errorText;
      const end = told === undefined ? '' : `: ${JSON.stringify(told)}`;
      const name = part.type === 'dynamic-tool' ? part.toolName : part.type.replace('tool-', '');
      return `${name}(${JSON.stringify(input)}) ${state}${end}`;
    }
    return part.type;
  });
}
