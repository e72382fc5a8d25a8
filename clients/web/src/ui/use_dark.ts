import { useEffect, useState } from 'react';

const QUERY = '(prefers-color-scheme: dark)';

/** For what cannot follow the system's preference by CSS: pictures drawn by a script. */
export function useDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia(QUERY).matches);
  useEffect(() => {
    const list = matchMedia(QUERY);
    const look = () => setDark(list.matches);
    list.addEventListener('change', look);
    return () => list.removeEventListener('change', look);
  }, []);
  return dark;
}
