import { send } from '../../api/http';
import type { Queue } from '../../api/types';
import { useAction } from '../../live/use_action';

/** Workers stop taking jobs, or go on; enqueueing goes on all the time. */
export function PauseButton({ path, queue }: { path: string; queue: Queue | undefined }) {
  const verb = queue?.paused ? 'resume' : 'pause';
  const { run, busy, error } = useAction(() => send<Queue>('POST', `${path}:${verb}`));
  return (
    <span>
      {error && <span className="mr-2 text-bad">{error.message}</span>}
      <button className="button" disabled={!queue || busy} onClick={() => void run()}>
        {queue?.paused ? 'Resume workers' : 'Pause workers'}
      </button>
    </span>
  );
}
