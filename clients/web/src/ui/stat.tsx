import type { ReactNode } from 'react';

interface StatProps {
  label: string;
  value: ReactNode;
  note?: string;
  tone?: 'bad' | 'warn' | 'good';
}

const TONES = { bad: 'text-bad', warn: 'text-warn', good: 'text-good' };

/** One number with its name, inside <Stats>. */
export function Stat({ label, value, note, tone }: StatProps) {
  return (
    <div className="min-w-0 grow basis-[6.5rem] bg-panel px-3 py-2">
      <dt className="truncate text-[12px] text-muted">{label}</dt>
      <dd className={`text-[19px] font-semibold leading-6 tabular-nums ${tone ? TONES[tone] : ''}`}>
        {value}
        {note && <span className="block text-[12px] font-normal leading-4 text-muted">{note}</span>}
      </dd>
    </div>
  );
}

/** Numbers side by side, divided by hair lines. */
export function Stats({ children, label }: { children: ReactNode; label: string }) {
  return (
    <dl
      aria-label={label}
      className="flex flex-wrap gap-px overflow-hidden rounded-md border border-line bg-line"
    >
      {children}
    </dl>
  );
}
