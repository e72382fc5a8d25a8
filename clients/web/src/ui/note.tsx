import type { ReactNode } from 'react';
import type { ApiError } from '../api/errors';

const TONES = { good: 'border-good', bad: 'border-bad', warn: 'border-warn', plain: 'border-line' };

/** What came of something, read out by screen readers. */
export function Note({ tone, children }: { tone: keyof typeof TONES; children: ReactNode }) {
  return (
    <p role="status" className={`border-l-2 bg-sunken px-2 py-1 break-words ${TONES[tone]}`}>
      {children}
    </p>
  );
}

export function ErrorNote({ error }: { error: ApiError | undefined }) {
  if (!error) return null;
  return (
    <p role="alert" className="border-l-2 border-bad bg-sunken px-2 py-1 break-words">
      <strong className="font-semibold">{error.code}</strong> {error.message}
    </p>
  );
}
