import { useState } from 'react';
import { send } from '../../api/http';
import { useAction } from '../../live/use_action';
import { Field } from '../../ui/field';
import { ErrorNote, Note } from '../../ui/note';

interface Enqueued {
  id: string;
  duplicate?: boolean;
}

export function EnqueueForm({ queue }: { queue: string }) {
  const [message, setMessage] = useState('');
  const [delay, setDelay] = useState('');
  const [uniqueKey, setUniqueKey] = useState('');
  const { run, busy, result, error } = useAction(() =>
    send<Enqueued>('POST', '/enqueue', {
      queue,
      message,
      ...(delay && { delay: `${delay}s` }),
      ...(uniqueKey && { uniqueKey }),
    }),
  );
  return (
    <form
      className="grid grid-cols-1 gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Field
        label="Message"
        value={message}
        onChange={setMessage}
        required
        error={error?.fields.message}
      />
      <div className="grid grid-cols-2 gap-2">
        <Field
          label="Delay, seconds"
          hint="none: at once"
          value={delay}
          onChange={setDelay}
          inputMode="decimal"
          pattern="[0-9]+(\.[0-9]+)?"
          error={error?.fields.delay}
        />
        <Field
          label="Unique key"
          hint="a repeat within an hour stores nothing"
          value={uniqueKey}
          onChange={setUniqueKey}
          error={error?.fields.unique_key}
        />
      </div>
      <button className="button button-main justify-self-start" disabled={busy}>
        Enqueue
      </button>
      {result && (
        <Note tone={result.duplicate ? 'warn' : 'good'}>
          {result.duplicate ? 'Duplicate: the first job with this key is ' : 'On disk in Redis as '}
          <code>{result.id}</code>
        </Note>
      )}
      <ErrorNote error={error} />
    </form>
  );
}
