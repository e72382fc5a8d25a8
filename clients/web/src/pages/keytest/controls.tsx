import { useState } from 'react';
import { send } from '../../api/http';
import type { KeyTestStatus } from '../../api/types';
import { useAction } from '../../live/use_action';
import { Field } from '../../ui/field';
import { ErrorNote } from '../../ui/note';
import { INITIAL, PARAMETERS, problemWith } from './parameters';

/** Whether there is a test to stop. */
export function isRunning(status: KeyTestStatus | undefined): boolean {
  return status?.state === 'GENERATING' || status?.state === 'DRAINING';
}

export function Controls({ status }: { status: KeyTestStatus | undefined }) {
  const [values, setValues] = useState(INITIAL);
  const start = useAction(() =>
    send<KeyTestStatus>(
      'POST',
      '/v1/keytest:start',
      Object.fromEntries(PARAMETERS.map(({ name }) => [name, Number(values[name])])),
    ),
  );
  const stop = useAction(() => send<KeyTestStatus>('POST', '/v1/keytest:stop'));
  const running = isRunning(status);
  const valid = PARAMETERS.every((parameter) => !problemWith(parameter, values[parameter.name]));
  return (
    <form
      className="grid grid-cols-1 gap-3"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (valid && !running) void start.run();
      }}
    >
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        {PARAMETERS.map((parameter) => (
          <Field
            key={parameter.name}
            label={parameter.label}
            hint={`${parameter.min.toLocaleString('en-US')} to ${parameter.max.toLocaleString('en-US')}; ${parameter.hint}`}
            type="number"
            min={parameter.min}
            max={parameter.max}
            step={1}
            value={values[parameter.name]}
            onChange={(value) => setValues({ ...values, [parameter.name]: value })}
            error={
              problemWith(parameter, values[parameter.name]) ?? start.error?.fields[parameter.proto]
            }
          />
        ))}
      </div>
      <div className="flex items-center gap-2">
        <button className="button button-main" disabled={start.busy || running || !valid}>
          Start
        </button>
        <button
          type="button"
          className="button"
          disabled={stop.busy || !running}
          onClick={() => void stop.run()}
        >
          Stop
        </button>
      </div>
      <ErrorNote error={start.error ?? stop.error} />
    </form>
  );
}
