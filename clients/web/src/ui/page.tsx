import type { ReactNode } from 'react';
import type { LiveState } from '../live/live_state';
import { Away } from './away';
import { LiveBadge } from './badge';

interface Props {
  title: string;
  lead: string; // what one sees here
  state?: LiveState<unknown>; // what the page stands or falls with
  polled?: boolean;
  service?: string; // its name, for when it is away
  children: ReactNode;
}

export function Page({ title, lead, state, polled, service, children }: Props) {
  const away = service && state?.error?.away && (state.value === undefined || state.stale);
  return (
    <>
      <header className="mb-3 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          <p className="text-muted">{lead}</p>
        </div>
        {state && <LiveBadge state={state} polled={polled} />}
      </header>
      <div className="grid grid-cols-1 gap-3">
        {away ? <Away service={service} error={state.error!} /> : children}
      </div>
    </>
  );
}
