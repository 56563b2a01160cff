// A page as the AI SDK's own guides write it: what `useChat` makes of a chat, part by part. `?api=` names the gateway's route.
import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";
import { useState } from "react";
import { createRoot } from "react-dom/client";

const transport = new DefaultChatTransport({
  api: new URLSearchParams(location.search).get("api"),
  body: { partial_images: 1 },
});

function Part({ part }) {
  if (part.type === "text") return <p>{part.text}</p>;
  if (part.type === "file") return <img src={part.url} />;
  return null;
}

function Chat() {
  const { messages, sendMessage, status, stop, error } = useChat({ transport });
  const [text, setText] = useState("");
  const ask = (event) => {
    event.preventDefault();
    sendMessage({ text });
    setText("");
  };
  return (
    <main data-status={status}>
      {messages.map((message) => (
        <article key={message.id} className={message.role}>
          {message.parts.map((part, place) => (
            <Part key={place} part={part} />
          ))}
        </article>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <form onSubmit={ask}>
        <input value={text} onChange={(event) => setText(event.target.value)} />
        <button>Ask</button>
        <button type="button" onClick={stop}>
          Stop
        </button>
      </form>
    </main>
  );
}

createRoot(document.querySelector("#root")).render(<Chat />);
