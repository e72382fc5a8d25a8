import { useState } from 'react';
import { get } from '../../api/http';
import type { CacheStats, ClusterNode, HotUser } from '../../api/types';
import { usePolled } from '../../live/use_polled';
import { Page } from '../../ui/page';
import { Panel } from '../../ui/panel';
import { CachePanel } from './cache_panel';
import { Feed } from './feed';
import { HotUsers } from './hot_users';
import { ShardMap } from './shard_map';
import type { PageKeys } from './shards';
import { Temperatures } from './temperatures';
import { WriteForm } from './write_form';

export interface PostsState {
  stats: CacheStats;
  hot: HotUser[];
}

async function ask(signal: AbortSignal): Promise<PostsState> {
  const [stats, hot] = await Promise.all([
    get<CacheStats>('/v1/post/cache', signal),
    get<{ users: HotUser[] }>('/v1/post/hot-users?limit=10', signal),
  ]);
  return { stats, hot: hot.users };
}

const askShards = (signal: AbortSignal) =>
  get<{ nodes: ClusterNode[] }>('/v1/post/shards', signal);

export function PostsPage() {
  const state = usePolled(ask, 2_000);
  const [user, setUser] = useState('1');
  const [generation, setGeneration] = useState(0); // of the last write from here
  const [page, setPage] = useState<PageKeys>(); // that is shown
  // By itself: an older Post does not know it.
  const nodes = usePolled(askShards, 2_000).value?.nodes ?? [];
  return (
    <Page
      title="Posts"
      lead="Users’ posts from Postgres, through two caches that are never older than an acknowledged write."
      state={state}
      polled
      service="Posts"
    >
      <div className="grid grid-cols-1 items-start gap-3 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="grid grid-cols-1 gap-3">
          <Feed user={user} onUser={setUser} generation={generation} onRead={setPage} />
          <Panel title="Write">
            <WriteForm user={user} onUser={setUser} onWritten={setGeneration} />
          </Panel>
          <ShardMap nodes={nodes} page={page} />
        </div>
        <div className="grid grid-cols-1 gap-3">
          <CachePanel stats={state.value?.stats} at={state.at} />
          <Temperatures user={user} />
          <HotUsers hot={state.value?.hot ?? []} nodes={nodes} onUser={setUser} />
        </div>
      </div>
    </Page>
  );
}
