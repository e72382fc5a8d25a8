import { useState } from 'react';
import { send } from '../../api/http';
import type { Post } from '../../api/types';
import { useAction } from '../../live/use_action';
import { Field } from '../../ui/field';
import { ErrorNote, Note } from '../../ui/note';

interface Props {
  user: string;
  onUser: (user: string) => void;
  onWritten: (generation: number) => void;
}

export function WriteForm({ user, onUser, onWritten }: Props) {
  const [content, setContent] = useState('');
  const [username, setUsername] = useState('');
  const write = useAction(() =>
    send<Post>('POST', '/api/v1/posts', { user_id: Number(user), content }),
  );
  const create = useAction(() =>
    send<{ id: number }>('POST', '/api/v1/users', { username, email: `${username}@example.com` }),
  );
  return (
    <div className="grid grid-cols-1 gap-3">
      <form
        className="flex items-end gap-2"
        onSubmit={async (event) => {
          event.preventDefault();
          const post = await write.run();
          if (!post) return;
          setContent('');
          onWritten(post.generation);
        }}
      >
        <Field
          label={`As user ${user}`}
          value={content}
          onChange={setContent}
          required
          maxLength={10_000}
          className="grow"
          error={write.error?.fields.content}
        />
        <button className="button button-main" disabled={write.busy}>
          Write
        </button>
      </form>
      {write.result && (
        <Note tone="good">
          Post {write.result.id} is written; every read from now on shows generation{' '}
          {write.result.generation} or later.
        </Note>
      )}
      <ErrorNote error={write.error} />
      <form
        className="flex items-end gap-2"
        onSubmit={async (event) => {
          event.preventDefault();
          const made = await create.run();
          if (made) onUser(String(made.id));
        }}
      >
        <Field
          label="A new user’s name"
          value={username}
          onChange={setUsername}
          required
          pattern="[A-Za-z0-9._\-]{1,64}"
          className="grow"
          error={create.error?.fields.username}
        />
        <button className="button" disabled={create.busy}>
          Make the user
        </button>
      </form>
      {create.result && <Note tone="good">User {create.result.id} is there.</Note>}
      <ErrorNote error={create.error} />
    </div>
  );
}
