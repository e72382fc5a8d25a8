import { useState } from 'react';
import { get } from '../../api/http';
import type { Queue } from '../../api/types';
import { usePolled } from '../../live/use_polled';

const ask = (signal: AbortSignal) => get<{ queues: Queue[] }>('/v1/queues', signal);

/** One of the queues that there are, or any name: a queue comes into being with its first job. */
export function QueuePicker({ name, onPick }: { name: string; onPick: (name: string) => void }) {
  const [typed, setTyped] = useState(name);
  const queues = usePolled(ask, 5_000).value?.queues ?? [];
  return (
    <form
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed) onPick(typed);
      }}
    >
      <label htmlFor="queue" className="text-muted">
        Queue
      </label>
      <input
        id="queue"
        className="input max-w-56"
        list="queues"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        pattern="[A-Za-z0-9._\-]{1,64}"
        title="1 to 64 of A-Z a-z 0-9 . _ -"
      />
      <datalist id="queues">
        {queues.map((queue) => (
          <option key={queue.name} value={queue.name} />
        ))}
      </datalist>
      <button className="button" disabled={typed === name}>
        Show
      </button>
      {queues
        .filter((queue) => queue.name !== name)
        .slice(0, 8)
        .map((queue) => (
          <button
            key={queue.name}
            type="button"
            className="button"
            onClick={() => {
              setTyped(queue.name);
              onPick(queue.name);
            }}
          >
            {queue.name}
          </button>
        ))}
    </form>
  );
}
