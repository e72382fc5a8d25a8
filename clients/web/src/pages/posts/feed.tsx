import { useEffect, useState } from 'react';
import { get, withQuery } from '../../api/http';
import type { PostPage } from '../../api/types';
import { useAction } from '../../live/use_action';
import { DataTable } from '../../ui/data_table';
import { seconds, timeOfDay } from '../../ui/format';
import { ErrorNote } from '../../ui/note';
import { Panel } from '../../ui/panel';
import type { PageKeys } from './shards';

const PAGE_SIZE = 10;

interface Props {
  user: string;
  onUser: (user: string) => void;
  generation: number; // the feed is to be no older
  onRead: (page: PageKeys) => void; // a page is shown
}

interface Read {
  page: PostPage;
  seconds: number;
}

export function Feed({ user, onUser, generation, onRead }: Props) {
  const [typed, setTyped] = useState(user);
  const [place, setPlace] = useState({ user, cursors: [''] });
  const { run, result, error, busy } = useAction(async (): Promise<Read> => {
    const start = performance.now();
    const page = await get<PostPage>(
      withQuery(`/api/v1/users/${encodeURIComponent(place.user)}/posts`, {
        limit: PAGE_SIZE,
        cursor: place.cursors.at(-1),
        min_generation: generation || undefined,
      }),
    );
    const taken = (performance.now() - start) / 1000;
    onRead({ userId: Number(place.user), postIds: page.data.map((post) => post.id) });
    return { page, seconds: taken };
  });
  useEffect(() => {
    setTyped(user);
    setPlace({ user, cursors: [''] });
  }, [user, generation]);
  useEffect(() => {
    void run();
  }, [place]);
  const { cursors } = place;
  const next = result?.page.has_more ? result.page.next_cursor : '';
  return (
    <Panel
      title={`Posts of user ${place.user}, newest first`}
      aside={
        <form
          className="flex items-center gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed === user) setPlace({ user, cursors: [''] });
            onUser(typed);
          }}
        >
          <label htmlFor="feed-user" className="text-[12px] text-muted">
            User’s id
          </label>
          <input
            id="feed-user"
            className="input w-24"
            inputMode="numeric"
            pattern="[0-9]+"
            required
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <button className="button">Read</button>
        </form>
      }
    >
      <ErrorNote error={error} />
      <DataTable
        caption={`Posts of user ${place.user}, page ${cursors.length}`}
        rows={result?.page.data ?? []}
        keyOf={(post) => post.id}
        columns={[
          { name: 'Post', cell: (post) => <span className="tabular-nums">{post.id}</span> },
          {
            name: 'Content',
            cell: (post) => <span className="line-clamp-2 break-words">{post.content}</span>,
          },
          {
            name: 'Written',
            numeric: true,
            cell: (post) =>
              `${post.created_at.slice(0, 10)} ${timeOfDay(post.created_at).slice(0, 8)}`,
          },
        ]}
        empty={
          error
            ? 'Make a user below, or fill the database: ./trellis datagen --posts 20000'
            : 'This user has written nothing yet. Write the first post below.'
        }
      />
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <button
          className="button"
          disabled={busy || cursors.length === 1}
          onClick={() => setPlace({ ...place, cursors: cursors.slice(0, -1) })}
        >
          Newer
        </button>
        <button
          className="button"
          disabled={busy || !next}
          onClick={() => setPlace({ ...place, cursors: [...cursors, next] })}
        >
          Older
        </button>
        <span className="text-[12px] text-muted tabular-nums">
          page {cursors.length}
          {result && `, read in ${seconds(result.seconds)}, generation ${result.page.generation}`}
        </span>
      </div>
    </Panel>
  );
}
