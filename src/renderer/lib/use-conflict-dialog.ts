import { useSearchParams } from 'wouter';

/** The conflict that lies over the page, by the address (`?conflict=cfl_…`), so that the page beneath stays where it is. */
export function useConflictDialog(): { id: string | null; open: (id: string) => void; close: () => void } {
  const [params, setParams] = useSearchParams();
  return {
    id: params.get('conflict'),
    open: (id) => setParams({ conflict: id }),
    close: () => setParams({}, { replace: true }),
  };
}
