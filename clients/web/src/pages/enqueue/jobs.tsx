import { useEffect, useState } from 'react';
import { get, send, withQuery } from '../../api/http';
import type { Job } from '../../api/types';
import { useAction } from '../../live/use_action';
import { words } from '../../ui/format';
import { ErrorNote, Note } from '../../ui/note';
import { Panel } from '../../ui/panel';
import { JobTable } from './job_table';
import { PurgeForm } from './purge_form';

const STATES = ['DEAD', 'READY', 'SCHEDULED', 'IN_FLIGHT', 'RETRYING'];

interface Props {
  queue: string;
  path: string;
  dead: string | undefined; // when it changes, the list of the dead is asked for anew
}

/** A look at the jobs in one state, a page at a time; the dead can be retried or purged. */
export function Jobs({ queue, path, dead }: Props) {
  const [state, setState] = useState('DEAD');
  const [tokens, setTokens] = useState(['']); // of the pages up to this one
  const page = useAction(() =>
    get<{ jobs: Job[]; nextPageToken: string }>(
      withQuery(`${path}/jobs`, { state, pageSize: 20, pageToken: tokens.at(-1) }),
    ),
  );
  const { run } = page;
  useEffect(() => {
    void run();
    // `run` is made anew with each rendering.
  }, [path, state, tokens, state === 'DEAD' ? dead : '']);
  const retry = useAction((ids: string[]) =>
    send<{ retried: number }>('POST', `${path}/dead:retry`, { ids }),
  );
  const again = async (ids: string[]) => {
    if (await retry.run(ids)) void run();
  };
  const next = page.result?.nextPageToken;
  const isDead = state === 'DEAD';
  const jobs = page.result?.jobs ?? [];
  return (
    <Panel
      title="Jobs"
      aside={
        <span className="flex items-center gap-2">
          <label htmlFor="job-state" className="text-[12px] text-muted">
            State
          </label>
          <select
            id="job-state"
            className="input w-auto"
            value={state}
            onChange={(event) => {
              setState(event.target.value);
              setTokens(['']);
            }}
          >
            {STATES.map((name) => (
              <option key={name} value={name}>
                {words(name)}
              </option>
            ))}
          </select>
          <button className="button" onClick={() => void run()} disabled={page.busy}>
            Refresh
          </button>
        </span>
      }
    >
      <div className="grid grid-cols-1 gap-2">
        <ErrorNote error={page.error ?? retry.error} />
        {retry.result && (
          <Note tone="good">
            {retry.result.retried} {retry.result.retried === 1 ? 'job is' : 'jobs are'} ready again
          </Note>
        )}
        <JobTable
          jobs={jobs}
          state={state}
          onRetry={isDead ? (id) => void again([id]) : undefined}
        />
        {(tokens.length > 1 || next) && (
          <div className="flex gap-2">
            <button
              className="button"
              disabled={tokens.length === 1}
              onClick={() => setTokens(tokens.slice(0, -1))}
            >
              Previous
            </button>
            <button
              className="button"
              disabled={!next}
              onClick={() => setTokens([...tokens, next!])}
            >
              Next
            </button>
          </div>
        )}
        {isDead && jobs.length > 0 && (
          <div className="flex flex-wrap items-end justify-between gap-2 border-t border-line pt-2">
            <button className="button" disabled={retry.busy} onClick={() => void again([])}>
              Retry the dead, up to 1,000
            </button>
            <PurgeForm queue={queue} path={path} onPurged={() => void run()} />
          </div>
        )}
      </div>
    </Panel>
  );
}
