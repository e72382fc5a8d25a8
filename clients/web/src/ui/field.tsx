import type { InputHTMLAttributes } from 'react';
import { useId } from 'react';

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> {
  label: string;
  hint?: string;
  error?: string; // of the last answer
  onChange: (value: string) => void;
}

export function Field({ label, hint, error, onChange, className = '', ...input }: Props) {
  const id = useId();
  const about = error ?? hint;
  return (
    <div className={className}>
      <label htmlFor={id} className="block text-[12px] text-muted">
        {label}
      </label>
      <input
        id={id}
        className={`input ${error ? 'border-bad' : ''}`}
        aria-invalid={error ? true : undefined}
        aria-describedby={about ? `${id}-about` : undefined}
        onChange={(event) => onChange(event.target.value)}
        {...input}
      />
      {about && (
        <span
          id={`${id}-about`}
          className={`text-[12px] leading-4 ${error ? 'text-bad' : 'text-muted'}`}
        >
          {about}
        </span>
      )}
    </div>
  );
}
