import type { Job } from '../../api/types';
import { DataTable } from '../../ui/data_table';
import { timeOfDay, words } from '../../ui/format';

interface Props {
  jobs: Job[];
  state: string;
  onRetry?: (id: string) => void;
}

const SHOWN = 200; // characters of a message

export function JobTable({ jobs, state, onRetry }: Props) {
  return (
    <DataTable
      caption={`Jobs that are ${words(state)}`}
      rows={jobs}
      keyOf={(job) => job.id}
      columns={[
        { name: 'Job', cell: (job) => <code className="break-all">{job.id}</code> },
        {
          name: 'Message',
          cell: (job) => (
            <span className="break-words">
              {job.message.slice(0, SHOWN)}
              {job.message.length > SHOWN && '…'}
            </span>
          ),
        },
        { name: 'Runs', numeric: true, cell: (job) => `${job.attempts}/${job.maxAttempts}` },
        { name: 'Since', numeric: true, cell: (job) => timeOfDay(job.stateTime ?? job.enqueuedAt) },
        { name: 'Last error', cell: (job) => job.lastError || job.worker || '–' },
        ...(onRetry
          ? [
              {
                name: 'Action',
                cell: (job: Job) => (
                  <button
                    className="button"
                    onClick={() => onRetry(job.id)}
                    aria-label={`Retry ${job.id}`}
                  >
                    Retry
                  </button>
                ),
              },
            ]
          : []),
      ]}
      empty={
        state === 'DEAD'
          ? 'No job is dead. One comes here when all its attempts have failed.'
          : `No job is ${words(state)} at the moment.`
      }
    />
  );
}
