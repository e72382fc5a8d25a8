import { type Badge as Kind, type LiveState, badgeOf } from '../live/live_state';

const LOOKS: Record<Kind, { text: string; dot: string; hint: string }> = {
  waiting: { text: 'connecting', dot: 'bg-muted', hint: 'nothing has come yet' },
  live: { text: 'live', dot: 'bg-good', hint: 'as it happens' },
  polling: { text: 'polling', dot: 'bg-good', hint: 'asked for every now and then' },
  stale: { text: 'stale', dot: 'bg-warn', hint: 'nothing new has come for some seconds' },
  away: { text: 'away', dot: 'bg-bad', hint: 'the service cannot be reached' },
};

/** How fresh what the page shows is. */
export function LiveBadge({
  state,
  polled = false,
}: {
  state: LiveState<unknown>;
  polled?: boolean;
}) {
  const kind = badgeOf(state);
  const look = polled && kind === 'polling' ? LOOKS.live : LOOKS[kind];
  return (
    <span
      role="status"
      title={look.hint}
      className="inline-flex items-center gap-1.5 rounded-full border border-line bg-panel px-2 text-[12px]"
    >
      <span aria-hidden className={`size-2 rounded-full ${look.dot}`} />
      {look.text}
    </span>
  );
}

const TONES = { good: 'text-good', warn: 'text-warn', bad: 'text-bad', plain: 'text-muted' };

/** A word for a state; the colour only repeats it. */
export function Tag({ tone, children }: { tone: keyof typeof TONES; children: string }) {
  return <span className={`whitespace-nowrap font-medium ${TONES[tone]}`}>{children}</span>;
}
