import { useState } from 'react';
import { getText, send } from '../../api/http';
import { parseMetrics } from '../../api/prometheus';
import { type Traffic, lookAt, trafficBetween } from '../../api/traffic';
import type { Forecasts } from '../../api/types';
import { useAction } from '../../live/use_action';
import { DataTable } from '../../ui/data_table';
import { Field } from '../../ui/field';
import { ErrorNote } from '../../ui/note';
import { LatencySplit } from './latency_split';

const RPC = 'trellis.weather.v1.WeatherService/GetForecast';

export interface Asked {
  answer: Forecasts;
  seconds: number; // as the browser saw it
  gateway: Traffic; // what the gateway measured meanwhile
}

async function look() {
  return lookAt(parseMetrics(await getText('/metrics')), Date.now());
}

async function askFor(city: string, location: string): Promise<Asked> {
  const before = await look();
  const start = performance.now();
  const answer = await send<Forecasts>('POST', '/WeatherForecast/city', { city, location });
  const seconds = (performance.now() - start) / 1000;
  const gateway = trafficBetween(before, await look(), (rpc) => rpc === RPC);
  return { answer, seconds, gateway };
}

export function AskForm() {
  const [city, setCity] = useState('New York');
  const [location, setLocation] = useState('');
  const { run, busy, result, error } = useAction(askFor);
  return (
    <form
      className="grid grid-cols-1 gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void run(city, location);
      }}
    >
      <div className="grid grid-cols-[1fr_1fr_auto] items-end gap-2">
        <Field
          label="City"
          value={city}
          onChange={setCity}
          required
          maxLength={128}
          error={error?.fields.city}
        />
        <Field label="Part of it" value={location} onChange={setLocation} maxLength={128} />
        <button className="button button-main" disabled={busy}>
          Ask
        </button>
      </div>
      <ErrorNote error={error} />
      {result ? (
        <Answer asked={result} />
      ) : (
        <p className="text-muted">The next five days of a city of yours.</p>
      )}
    </form>
  );
}

function Answer({ asked: { answer, seconds, gateway } }: { asked: Asked }) {
  return (
    <>
      <DataTable
        caption={`The forecast for ${answer.city}`}
        rows={answer.forecasts}
        keyOf={(day) => day.date}
        columns={[
          { name: 'Day', cell: (day) => day.date },
          { name: '°C', numeric: true, cell: (day) => day.temperatureC },
          { name: '°F', numeric: true, cell: (day) => day.temperatureF },
          { name: 'Weather', cell: (day) => day.summary },
        ]}
        empty="The worker knew no days."
      />
      <LatencySplit seconds={seconds} gateway={gateway} timing={answer.timing} />
      <p className="text-[12px] text-muted">
        Answered by <code>{answer.servedBy}</code>, request <code>{answer.correlationId}</code>
      </p>
    </>
  );
}
