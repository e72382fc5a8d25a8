import type { ApiError } from '../api/errors';

/** In place of a service's page when it is not there. */
export function Away({ service, error }: { service: string; error: ApiError }) {
  const absent = error.status === 404;
  return (
    <div className="rounded-md border border-line bg-panel p-4">
      <p className="font-semibold">
        {service} is {absent ? 'not part of this mesh' : 'away'}
      </p>
      <p className="mt-1 text-muted">
        {absent
          ? 'The gateway was started without it.'
          : 'This page goes on by itself as soon as the gateway reaches it.'}{' '}
        In the local stack, <code>./trellis status</code> says what runs, and{' '}
        <code>./trellis up</code> starts what is missing.
      </p>
      <p className="mt-2 text-[12px] text-muted">
        The gateway says: {error.code} {error.message}
      </p>
    </div>
  );
}
