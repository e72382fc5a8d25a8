import { useState } from 'react';
import { send } from '../../api/http';
import { useAction } from '../../live/use_action';
import { Field } from '../../ui/field';
import { ErrorNote, Note } from '../../ui/note';

interface Props {
  queue: string;
  path: string;
  onPurged: () => void;
}

/** Deletes up to 1,000 of the dead, which nothing brings back: it wants the queue's name typed. */
export function PurgeForm({ queue, path, onPurged }: Props) {
  const [typed, setTyped] = useState('');
  const { run, busy, result, error } = useAction(() =>
    send<{ purged: number }>('POST', `${path}/dead:purge`, {}),
  );
  return (
    <form
      className="flex flex-wrap items-end gap-2"
      onSubmit={async (event) => {
        event.preventDefault();
        if (typed !== queue || !(await run())) return;
        setTyped('');
        onPurged();
      }}
    >
      <Field
        label={`To purge them, type the queue’s name: ${queue}`}
        value={typed}
        onChange={setTyped}
        autoComplete="off"
        className="w-64"
      />
      <button className="button button-bad" disabled={busy || typed !== queue}>
        Purge the dead
      </button>
      {result && <Note tone="plain">{result.purged} deleted</Note>}
      <ErrorNote error={error} />
    </form>
  );
}
