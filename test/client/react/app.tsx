/** @jsxImportSource react */
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createSingleConnection, createSwitchyard } from '../../../src/client/client.ts';
import { SwitchyardProvider, useChat, useSession, useSessions } from '../../../src/client/react/react.ts';

/** The page of an application that is written with the hooks. Its address names the gateway and the session. */
const gateway = { url: new URLSearchParams(location.search).get('gateway') ?? '' };
const client = createSwitchyard({ ...gateway, transport: createSingleConnection(gateway).subscribe });

function App() {
  const [sessionId, setSessionId] = useState(location.hash.slice(1));
  const open = (id: string) => {
    location.hash = id;
    setSessionId(id);
  };
  return (
    <>
      <SessionList onOpen={open} />
      <button type="button" onClick={() => open('')}>
        Close
      </button>
      {sessionId !== '' && <ChatPanel sessionId={sessionId} />}
    </>
  );
}

function SessionList({ onOpen }: { onOpen(id: string): void }) {
  const { sessions, status, hasMore } = useSessions();
  return (
    <nav aria-label={`Sessions: ${status}${hasMore ? ', more' : ''}`}>
      {sessions.map(({ id, title }) => (
        <button key={id} type="button" onClick={() => onOpen(id)}>
          {title ?? id}
        </button>
      ))}
    </nav>
  );
}

function ChatPanel({ sessionId }: { sessionId: string }) {
  const { session } = useSession(sessionId);
  const { messages, status, error, send, stop, approve } = useChat(sessionId);
  const [prompt, setPrompt] = useState('');
  return (
    <main>
      <h1>{session?.title}</h1>
      <output>{status}</output>
      {error && <p role="alert">{error.message}</p>}
      <ol>
        {messages.map((message) => (
          <li key={message.id}>
            {message.text}
            {message.toolCalls.map(({ callId, name, status: state, output, result }) => (
              <p key={callId}>
                {[name, state, output, result].filter(Boolean).join(' ')}
                {state === 'AWAITING_APPROVAL' && (
                  <button type="button" onClick={() => void approve(message, callId)}>
                    Approve
                  </button>
                )}
              </p>
            ))}
          </li>
        ))}
      </ol>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send(prompt);
          setPrompt('');
        }}
      >
        <input aria-label="Prompt" value={prompt} onChange={({ target }) => setPrompt(target.value)} />
        <button type="submit">Send</button>
      </form>
      <button type="button" onClick={() => void stop()}>
        Stop
      </button>
    </main>
  );
}

const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <SwitchyardProvider client={client}>
        <App />
      </SwitchyardProvider>
    </StrictMode>,
  );
}
